import {Component, useState} from "@odoo/owl";
import {deserializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// So many steps fit beside each other; more stand in rows of the same length, as text does.
const BESIDE = 10;
// On a phone a line that tells of the first steps pays from so many on.
const FOLDED = 3;

/**
 * The milestones of a transaction: what was done and when, what is awaited, what was planned. They
 * read from left to right; below the width of a tablet from top to bottom, where the steps that are
 * over, but for the last of them, are one line.
 */
export class MilestoneTimeline extends Component {
    static template = "integration_monitor.MilestoneTimeline";
    static props = {...standardFieldProps};

    setup() {
        this.state = useState({all: false, begun: false});
    }

    get milestones() {
        const all = this.props.record.data[this.props.name] || [];
        return this.state.all ? all : all.filter((milestone) => !milestone.idle);
    }

    /** The first steps that are over, which one line tells of; none where there is room. */
    get folded() {
        if (!this.env.isSmall || this.state.begun) {
            return [];
        }
        const open = this.milestones.findIndex(
            (milestone) => !["reached", "skipped"].includes(milestone.state)
        );
        const over = open < 0 ? this.milestones.length : open;
        return over > FOLDED ? this.milestones.slice(0, over - 1) : [];
    }

    get foldedLabel() {
        return _t("%s steps done", this.folded.length);
    }

    get foldedLate() {
        const late = this.folded.filter((milestone) => milestone.late).length;
        return late ? _t("%s late", late) : "";
    }

    get visible() {
        return this.milestones.slice(this.folded.length);
    }

    /** How many steps are left out: nobody waits for them, and nothing of them was started. */
    get idleCount() {
        const all = this.props.record.data[this.props.name] || [];
        return all.filter((milestone) => milestone.idle).length;
    }

    get style() {
        const count = this.milestones.length;
        const rows = Math.ceil(count / BESIDE) || 1;
        return `--milestone-columns: ${Math.ceil(count / rows) || 1}`;
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
        } else if (milestone.reached) {
            classes.push("o_milestone_in_time");
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
