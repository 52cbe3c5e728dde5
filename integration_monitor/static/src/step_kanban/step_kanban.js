import {registry} from "@web/core/registry";
import {utils} from "@web/core/ui/ui_service";
import {SearchModel} from "@web/search/search_model";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";

/** A board whose columns nobody makes by hand: without any, it explains itself. */
export class StepKanbanRenderer extends KanbanRenderer {
    get showNoContentHelper() {
        const {isGrouped, groups} = this.props.list;
        return (isGrouped && !groups.length) || super.showNoContentHelper;
    }
}

/** On a phone the cards stand below each other: columns would have to be swiped through. */
export class StepSearchModel extends SearchModel {
    async load(config) {
        await super.load(utils.isSmall() ? {...config, defaultGroupBy: []} : config);
    }
}

registry.category("views").add("integration_step_kanban", {
    ...kanbanView,
    Renderer: StepKanbanRenderer,
    SearchModel: StepSearchModel,
});
