import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";

const HOURS_OF_DAY = 24;

/**
 * A duration as people say it, in graphs and pivots: 20 s, 12 min, 3.5 h, 2.5 days. Hours and
 * minutes alone would write what takes seconds as 00:00, and a week as 168:00.
 *
 * @param {Number|false} hours
 * @returns {String}
 */
export function formatHours(hours) {
    if (hours === false) {
        return "";
    }
    const size = Math.abs(hours);
    const short = (value) => formatFloat(value, {digits: [16, 1], trailingZeros: false});
    if (size < 1 / 60) {
        return _t("%s s", Math.round(hours * 3600));
    }
    if (size < 1) {
        return _t("%s min", short(hours * 60));
    }
    if (size < 2 * HOURS_OF_DAY) {
        return _t("%s h", short(hours));
    }
    return _t("%s days", short(hours / HOURS_OF_DAY));
}

registry.category("formatters").add("integration_hours", formatHours);
