import {Component, useState} from "@odoo/owl";
import {deserializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// More steps than this do not fit beside each other.
const BESIDE = 12;

/**
 * The milestones of a transaction: what was done and when, what is awaited, what was planned. They
 * read from left to right; many of them, and all below the width of a tablet, from top to bottom.
 */
export class MilestoneTimeline extends Component {
    static template = "integration_monitor.MilestoneTimeline";
    static props = {...standardFieldProps};

    setup() {
        this.state = useState({all: false});
    }

    get milestones() {
        const all = this.props.record.data[this.props.name] || [];
        return this.state.all ? all : all.filter((milestone) => !milestone.idle);
    }

    /** How many steps are left out: nobody waits for them, and nothing of them was started. */
    get idleCount() {
        const all = this.props.record.data[this.props.name] || [];
        return all.filter((milestone) => milestone.idle).length;
    }

    get isTall() {
        return this.milestones.length > BESIDE;
    }

    get toggleLabel() {
        return this.state.all
            ? _t("Hide steps that are not needed")
            : _t("Show all (%s more)", this.idleCount);
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
