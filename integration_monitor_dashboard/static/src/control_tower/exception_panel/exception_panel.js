import {Component} from "@odoo/owl";

import {Figure} from "../figure/figure";
import {Panel} from "../panel/panel";

/** Open exceptions: owners down, ages across; the older, the stronger the colour. */
export class ExceptionPanel extends Component {
    static template = "integration_monitor_dashboard.ExceptionPanel";
    static components = {Figure, Panel};
    static props = {exceptions: Object};

    cellClass(cell) {
        return cell.count ? `o_imd_cell o_imd_age_${cell.code}` : "o_imd_cell o_imd_zero";
    }
}
