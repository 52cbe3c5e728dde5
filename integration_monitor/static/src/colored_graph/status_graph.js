import {registry} from "@web/core/registry";
import {graphView} from "@web/views/graph/graph_view";
import {ColoredGraphRenderer} from "./colored_graph_renderer";

/** Orders by status: late is red, as on every badge. */
export class StatusGraphRenderer extends ColoredGraphRenderer {
    static colorField = "status";
    static colors = {
        missed: "#dc3545",
        stuck: "#fd7e14",
        warning: "#ffac00",
        on_track: "#28a745",
        completed: "#8fbf9a",
        failed: "#721c24",
        cancelled: "#8f9aa3",
    };
}

registry
    .category("views")
    .add("integration_status_graph", {...graphView, Renderer: StatusGraphRenderer});
