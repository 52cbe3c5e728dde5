import {registry} from "@web/core/registry";
import {GraphModel} from "@web/views/graph/graph_model";
import {graphView} from "@web/views/graph/graph_view";
import {ColoredGraphRenderer} from "@integration_monitor/colored_graph/colored_graph_renderer";

/** Keeps the hours without traffic: a gap is what a reader looks for. */
export class TrafficGraphModel extends GraphModel {
    _getProcessedDataPoints() {
        const {groupBy, fields, mode, order} = this.metaData;
        const points = super._getProcessedDataPoints();
        const byTime = groupBy.length && fields[groupBy[0].fieldName].type === "datetime";
        if (mode !== "bar" || order !== null || !byTime || !points.length) {
            return points;
        }
        // An hour without lines has no outcome: it stands in the colour of the first one.
        const rest = points[0].labels.slice(1);
        return this.dataPoints.map((point) =>
            point.count ? point : {...point, labels: [point.labels[0], ...rest]}
        );
    }
}

/** Traffic by outcome: what failed is red. */
export class TrafficGraphRenderer extends ColoredGraphRenderer {
    static colorField = "outcome";
    static colors = {ok: "#28a745", error: "#dc3545", refused: "#ffac00", duplicate: "#8f9aa3"};
}

registry.category("views").add("integration_traffic_graph", {
    ...graphView,
    Model: TrafficGraphModel,
    Renderer: TrafficGraphRenderer,
});
