import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";

import {Figure} from "../figure/figure";
import {barWidths, formatAge, partOf, secondsSince} from "../helpers";
import {Panel} from "../panel/panel";

/** The way of an order from left to right; at each step how many orders wait for it. */
export class MilestoneFunnel extends Component {
    static template = "integration_monitor_dashboard.MilestoneFunnel";
    static components = {Figure, Panel};
    static props = {stages: Array, name: String};

    get columns() {
        const highest = Math.max(...this.props.stages.map((stage) => stage.count), 0);
        return this.props.stages.map((stage) => {
            const heights = barWidths(
                stage.parts.map((part) => part.count),
                highest,
                4
            );
            return {
                ...stage,
                number: formatInteger(stage.count),
                parts: stage.parts.map((part, index) => ({...part, height: heights[index]})),
                late: partOf(stage, "missed"),
                stuck: partOf(stage, "stuck"),
                risk: partOf(stage, "warning"),
                oldest: stage.count && stage.since ? formatAge(secondsSince(stage.since)) : "",
            };
        });
    }

    get total() {
        return this.props.stages.reduce((sum, stage) => sum + stage.count, 0);
    }

    get title() {
        return this.props.name
            ? _t("Where orders stand: %s", this.props.name)
            : _t("Where orders stand");
    }

    label(stage) {
        return _t("%(count)s orders wait for %(what)s", {
            count: stage.number,
            what: stage.waiting_name,
        });
    }
}
