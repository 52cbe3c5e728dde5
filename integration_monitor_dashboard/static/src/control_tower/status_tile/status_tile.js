import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger, formatMonetary} from "@web/views/fields/formatters";

import {Figure} from "../figure/figure";

/** One big number on top of the tower. */
export class StatusTile extends Component {
    static template = "integration_monitor_dashboard.StatusTile";
    static components = {Figure};
    static props = {
        figure: Object,
        currencyId: Number,
        periodLabel: {type: String, optional: true},
    };

    get number() {
        return formatInteger(this.props.figure.count, {
            humanReadable: this.props.figure.count > 99999,
        });
    }

    get amount() {
        return formatMonetary(this.props.figure.amount, {
            currencyId: this.props.currencyId,
            humanReadable: this.props.figure.amount >= 100000,
            digits: [16, 0],
        });
    }

    /** A tile is coloured only when it has something to tell. */
    get tone() {
        return this.props.figure.count ? this.props.figure.tone : "quiet";
    }

    /** A second figure that must not hide in the big one. */
    get more() {
        const more = this.props.figure.more;
        if (!more || !more.count) {
            return null;
        }
        return {...more, text: `${formatInteger(more.count)} ${more.note}`};
    }

    get note() {
        if (this.props.figure.amount) {
            return _t("worth %s", this.amount);
        }
        if (this.props.figure.period) {
            return this.props.periodLabel;
        }
        return this.props.figure.count ? this.props.figure.note || "" : _t("none");
    }
}
