import {Component} from "@odoo/owl";
import {formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** How long ago a moment was, in words; the moment itself on hovering. */
export class SinceField extends Component {
    static template = "integration_monitor.SinceField";
    static props = {...standardFieldProps};

    get moment() {
        return this.props.record.data[this.props.name];
    }

    get words() {
        return this.moment ? this.moment.toRelative() : "";
    }

    get title() {
        return this.moment ? formatDateTime(this.moment) : "";
    }
}

export const sinceField = {
    component: SinceField,
    displayName: _t("Time Since"),
    supportedTypes: ["datetime"],
};

registry.category("fields").add("integration_since", sinceField);
