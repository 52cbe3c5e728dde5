import {Component} from "@odoo/owl";
import {formatMonetary} from "@web/views/fields/formatters";

import {Figure} from "../figure/figure";
import {barWidths, partOf} from "../helpers";
import {Panel} from "../panel/panel";

const ICONS = {
    message_failed: "fa-times-circle",
    mapping: "fa-random",
    quarantined: "fa-file-o",
    transformation: "fa-cogs",
    dependency: "fa-chain-broken",
    message_pending: "fa-paper-plane-o",
    acknowledgement: "fa-reply",
    acknowledgement_overdue: "fa-hourglass-end",
    stock: "fa-cubes",
    customer: "fa-user-o",
    team: "fa-users",
    partner: "fa-handshake-o",
    paused: "fa-pause-circle-o",
    breaker: "fa-plug",
    maintenance: "fa-wrench",
    exception: "fa-exclamation-circle",
};

/** What the open orders wait for: a bar for each cause, split by how urgent they are. */
export class CauseList extends Component {
    static template = "integration_monitor_dashboard.CauseList";
    static components = {Figure, Panel};
    static props = {causes: Array, currencyId: Number};

    get rows() {
        const longest = Math.max(...this.props.causes.map((cause) => cause.count), 0);
        return this.props.causes.map((cause) => {
            const widths = barWidths(
                cause.parts.map((part) => part.count),
                longest
            );
            return {
                ...cause,
                late: partOf(cause, "missed"),
                stuck: partOf(cause, "stuck"),
                icon: ICONS[cause.cause] || "fa-question-circle-o",
                parts: cause.parts.map((part, index) => ({...part, width: widths[index]})),
            };
        });
    }

    formatAmount(amount) {
        return formatMonetary(amount, {
            currencyId: this.props.currencyId,
            humanReadable: amount >= 100000,
            digits: [16, 0],
        });
    }
}
