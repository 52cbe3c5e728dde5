import {registry} from "@web/core/registry";
import {GraphModel} from "@web/views/graph/graph_model";
import {GraphRenderer} from "@web/views/graph/graph_renderer";
import {graphView} from "@web/views/graph/graph_view";

const BAR_WIDTH = 48; // pixels

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
        for (const dataset of data.datasets) {
            dataset.maxBarThickness = BAR_WIDTH;
        }
        return data;
    }
}

registry.category("views").add("integration_traffic_graph", {
    ...graphView,
    Model: TrafficGraphModel,
    Renderer: TrafficGraphRenderer,
});
