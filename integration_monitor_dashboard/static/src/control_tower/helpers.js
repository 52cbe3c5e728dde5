import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime} from "@web/core/l10n/dates";

const {DateTime} = luxon;

/**
 * Seconds between a moment of the server and now, never negative.
 *
 * @param {string} moment UTC, as the server writes it
 * @param {number} now milliseconds since the epoch
 */
export function secondsSince(moment, now = Date.now()) {
    return Math.max(Math.round((now - deserializeDateTime(moment).toMillis()) / 1000), 0);
}

/**
 * A duration in the largest unit that fits: "40 s", "12 min", "3 h", "5 days".
 *
 * @param {number} seconds
 */
export function formatAge(seconds) {
    if (seconds < 60) {
        return _t("%s s", seconds);
    }
    if (seconds < 3600) {
        return _t("%s min", Math.floor(seconds / 60));
    }
    if (seconds < 48 * 3600) {
        return _t("%s h", Math.floor(seconds / 3600));
    }
    return _t("%s days", Math.floor(seconds / 86400));
}

/**
 * How long ago a moment was, or a text when there is none.
 *
 * @param {string|false} moment UTC
 * @param {string} none
 */
export function formatAgo(moment, none = "") {
    return moment ? _t("%s ago", formatAge(secondsSince(moment))) : none;
}

/**
 * Widths in percent of the parts of a bar. A part that holds something stays visible.
 *
 * @param {number[]} counts
 * @param {number} longest the count that fills the whole width
 * @param {number} minimum percent that a part of at least one takes
 */
export function barWidths(counts, longest, minimum = 1.5) {
    if (!longest) {
        return counts.map(() => 0);
    }
    const widths = counts.map((count) => (count ? Math.max((100 * count) / longest, minimum) : 0));
    const total = widths.reduce((sum, width) => sum + width, 0);
    return total > 100 ? widths.map((width) => (100 * width) / total) : widths;
}

/**
 * The part of a figure's parts with a status; they come most urgent first.
 *
 * @param {{parts: Object[]}} figure
 * @param {string} status
 */
export function partOf(figure, status) {
    return figure.parts.find((part) => part.status === status);
}

/**
 * The window action that shows the records behind a figure.
 *
 * @param {{model: string, domain: Array, title: string}} figure
 */
export function figureAction(figure) {
    const views = {
        "integration.exception": ["kanban", "list", "form"],
        "integration.metric": ["list", "pivot", "graph"],
        "integration.system": ["kanban", "list", "form"],
    };
    return {
        type: "ir.actions.act_window",
        name: figure.title,
        res_model: figure.model,
        domain: figure.domain,
        views: (views[figure.model] || ["list", "form"]).map((view) => [false, view]),
        target: "current",
        context: {create: false},
    };
}

/**
 * Label of a point of the traffic graph in the reader's time zone.
 *
 * @param {string} moment UTC
 * @param {"hour"|"day"|"week"} period
 */
export function pointLabel(moment, period) {
    const at = deserializeDateTime(moment);
    if (period === "week") {
        return at.toFormat("ccc HH:mm");
    }
    return at.toLocaleString(DateTime.TIME_SIMPLE);
}

/**
 * Share of errors among exchanges as text, "–" when nothing was exchanged.
 *
 * @param {number} errors
 * @param {number} total
 */
export function errorRate(errors, total) {
    if (!total) {
        return "–";
    }
    const percent = (100 * errors) / total;
    return `${percent.toFixed(percent > 0 && percent < 10 ? 1 : 0)} %`;
}
