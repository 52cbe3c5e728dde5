import {registry} from "@web/core/registry";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";

/** A board whose columns nobody makes by hand: without any, it explains itself. */
export class StepKanbanRenderer extends KanbanRenderer {
    get showNoContentHelper() {
        const {isGrouped, groups} = this.props.list;
        return (isGrouped && !groups.length) || super.showNoContentHelper;
    }
}

registry
    .category("views")
    .add("integration_step_kanban", {...kanbanView, Renderer: StepKanbanRenderer});
