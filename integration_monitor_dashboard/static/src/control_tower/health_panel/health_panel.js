import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

import {Figure} from "../figure/figure";
import {formatAge, formatAgo, secondsSince} from "../helpers";
import {Panel} from "../panel/panel";

// A sign beside the colour: health must be readable without colours.
const SIGNS = {
    up: "fa-check",
    degraded: "fa-exclamation",
    down: "fa-times",
    unknown: "fa-question",
};

/** How each partner system is doing, the worst first. */
export class HealthPanel extends Component {
    static template = "integration_monitor_dashboard.HealthPanel";
    static components = {Figure, Panel};
    static props = {systems: Object};

    setup() {
        this.action = useService("action");
    }

    sign(health) {
        return SIGNS[health];
    }

    get states() {
        return this.props.systems.states.filter((state) => state.count);
    }

    since(row) {
        return _t("%(health)s for %(time)s", {
            health: row.health_label,
            time: formatAge(secondsSince(row.since)),
        });
    }

    lastSuccess(row) {
        return row.last_success_at
            ? _t("last success %s", formatAgo(row.last_success_at))
            : _t("no successful call yet");
    }

    open(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "integration.system",
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}
