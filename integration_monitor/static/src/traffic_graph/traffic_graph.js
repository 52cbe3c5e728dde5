import {registry} from "@web/core/registry";
import {GraphModel} from "@web/views/graph/graph_model";
import {GraphRenderer} from "@web/views/graph/graph_renderer";
import {graphView} from "@web/views/graph/graph_view";

const BAR_WIDTH = 48; // pixels
// What the colours mean elsewhere in the suite, too.
const COLORS = {ok: "#28a745", error: "#dc3545", refused: "#ffac00", duplicate: "#8f9aa3"};

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

/** One busy hour is a bar among others, no wall. */
export class TrafficGraphRenderer extends GraphRenderer {
    getBarChartData() {
        const data = super.getBarChartData();
        const {fields, groupBy} = this.model.metaData;
        const byOutcome = groupBy[1]?.fieldName === "outcome" && groupBy.length === 2;
        const codes = Object.fromEntries(
            fields.outcome.selection.map(([code, label]) => [label, code])
        );
        for (const dataset of data.datasets) {
            dataset.maxBarThickness = BAR_WIDTH;
            const color = byOutcome && COLORS[codes[dataset.label]];
            if (color) {
                dataset.backgroundColor = color;
            }
        }
        return data;
    }
}

registry.category("views").add("integration_traffic_graph", {
    ...graphView,
    Model: TrafficGraphModel,
    Renderer: TrafficGraphRenderer,
});
