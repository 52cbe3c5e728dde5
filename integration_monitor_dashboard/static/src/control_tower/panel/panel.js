import {Component} from "@odoo/owl";

/** A card with a heading; what stands at the right of the heading is a slot. */
export class Panel extends Component {
    static template = "integration_monitor_dashboard.Panel";
    static props = {
        title: String,
        hint: {type: String, optional: true},
        className: {type: String, optional: true},
        slots: Object,
    };
}
