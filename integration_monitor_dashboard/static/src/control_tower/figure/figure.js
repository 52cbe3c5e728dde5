import {Component} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";
import {formatInteger} from "@web/views/fields/formatters";

import {figureAction} from "../helpers";

/**
 * A number that leads to the records it counts: a real button, so that it works by keyboard.
 */
export class Figure extends Component {
    static template = "integration_monitor_dashboard.Figure";
    static props = {
        figure: Object,
        className: {type: String, optional: true},
        label: {type: String, optional: true},
        slots: {type: Object, optional: true},
    };

    setup() {
        this.action = useService("action");
    }

    get number() {
        return formatInteger(this.props.figure.count);
    }

    get ariaLabel() {
        return this.props.label || `${this.props.figure.title}: ${this.number}`;
    }

    open() {
        return this.action.doAction(figureAction(this.props.figure));
    }
}
