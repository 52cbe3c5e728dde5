import {Component} from "@odoo/owl";
import {deserializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {relativeTime} from "../relative_time/relative_time";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const ICONS = {
    success: "fa-check-circle",
    danger: "fa-exclamation-circle",
    warning: "fa-exclamation-triangle",
    secondary: "fa-ban",
};

/** What to do about a transaction: in a sentence, step by step, or whom to ask. */
export class WhatNow extends Component {
    static template = "integration_monitor.WhatNow";
    static props = {...standardFieldProps};

    get advice() {
        return this.props.record.data[this.props.name] || {};
    }

    get icon() {
        return ICONS[this.advice.tone] || "fa-info-circle";
    }

    /** When the awaited step is expected, or was. */
    get due() {
        if (!this.advice.due) {
            return "";
        }
        const moment = deserializeDateTime(this.advice.due);
        const values = {
            moment: toLocaleDateTimeString(moment),
            relative: relativeTime(moment),
        };
        return moment > luxon.DateTime.now()
            ? _t("Expected by %(moment)s, %(relative)s", values)
            : _t("Was expected by %(moment)s, %(relative)s", values);
    }

    /** When the engine tries again by itself. */
    get retry() {
        const moment = this.advice.retry && deserializeDateTime(this.advice.retry);
        return moment && moment > luxon.DateTime.now()
            ? _t("Tried again by itself %s", relativeTime(moment))
            : "";
    }

    stepIcon(step) {
        return {
            done: "fa-check text-success",
            skipped: "fa-minus text-muted",
            current: "fa-arrow-right text-primary",
        }[step.state];
    }
}

export const whatNow = {
    component: WhatNow,
    displayName: _t("What Now"),
    supportedTypes: ["json", "jsonb"],
};

registry.category("fields").add("integration_what_now", whatNow);
