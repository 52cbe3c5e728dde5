import {GraphRenderer} from "@web/views/graph/graph_renderer";

const BAR_WIDTH = 48; // pixels

/** Bars whose parts have the colours that their values have elsewhere in the suite. */
export class ColoredGraphRenderer extends GraphRenderer {
    // The selection field that the second group is by, and the colour of each of its values.
    static colorField = "";
    static colors = {};

    getBarChartData() {
        const data = super.getBarChartData();
        const {fields, groupBy} = this.model.metaData;
        const {colorField, colors} = this.constructor;
        const colored = groupBy.length === 2 && groupBy[1].fieldName === colorField;
        const codes = Object.fromEntries(
            fields[colorField].selection.map(([code, label]) => [label, code])
        );
        for (const dataset of data.datasets) {
            // One busy hour is a bar among others, no wall.
            dataset.maxBarThickness = BAR_WIDTH;
            const color = colored && colors[codes[dataset.label]];
            if (color) {
                dataset.backgroundColor = color;
            }
        }
        return data;
    }
}
