import {Component} from "@odoo/owl";
import {deserializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * The milestones of a transaction as one line that reads from left to right: what was done and
 * when, what is awaited, what was planned. Below the width of a tablet it reads from top to bottom.
 */
export class MilestoneTimeline extends Component {
    static template = "integration_monitor.MilestoneTimeline";
    static props = {...standardFieldProps};

    get milestones() {
        return this.props.record.data[this.props.name] || [];
    }

    classOf(milestone) {
        const classes = [`o_milestone_${milestone.state}`];
        if (milestone.awaited) {
            classes.push("o_milestone_awaited");
        }
        if (milestone.beside) {
            classes.push("o_milestone_beside");
        }
        if (milestone.late) {
            classes.push("o_milestone_late");
        }
        return classes.join(" ");
    }

    /** A moment as the fields of the form show it. */
    moment(text) {
        return text ? toLocaleDateTimeString(deserializeDateTime(text)) : "";
    }

    undoneTitle(milestone) {
        return milestone.undone ? _t("Was done before and undone again") : "";
    }
}

export const milestoneTimeline = {
    component: MilestoneTimeline,
    displayName: _t("Milestone Timeline"),
    supportedTypes: ["json", "jsonb"],
};

registry.category("fields").add("integration_milestone_timeline", milestoneTimeline);
