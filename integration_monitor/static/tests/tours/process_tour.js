import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("integration_monitor_process", {
    steps: () => [
        {
            content: "What is in use cannot be taken apart",
            trigger: ".o_form_view:not(:has(.o_list_record_remove)) .o_process_preview",
        },
        {
            content: "Change it in a version of its own",
            trigger: "button[name=action_new_version]",
            run: "click",
        },
        {
            content: "Nobody packs here",
            trigger: "tr.o_data_row:has(td:contains(Packed)) .o_list_record_remove",
            run: "click",
        },
        {
            content: "The picture follows",
            trigger: ".o_process_preview:not(:contains(Packed))",
        },
        {
            content: "One more step",
            trigger: ".o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Its name",
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Customs Cleared",
        },
        {
            content: "Another system tells of it",
            trigger: ".modal .o_radio_input[data-value=external]",
            run: "click",
        },
        {
            content: "What it tells",
            trigger: ".modal .o_field_widget[name=external_choice] .o_select_menu_toggler",
            run: "click",
        },
        {
            content: "By the code of the step",
            trigger: ".o_select_menu_item:contains(by the code of this step)",
            run: "click",
        },
        {
            content: "Not every order goes abroad",
            trigger: ".modal .o_field_widget[name=optional] input",
            run: "click",
        },
        {
            content: "Done with the step",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It is told what nobody reports yet",
            trigger: ".o_field_widget[name=advice]:contains(Customs Cleared)",
        },
        {
            content: "New orders follow it",
            trigger: "button[name=action_put_in_use]",
            run: "click",
        },
        {
            content: "Sure",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is in use",
            trigger: "button[name=action_new_version]",
        },
        {
            content: "What it changed",
            trigger: ".nav-link:contains(Changes)",
            run: "click",
        },
        {
            content: "One step came, one went",
            trigger: ".o_field_widget[name=changes]:contains(Customs Cleared):contains(Packed)",
        },
    ],
});
