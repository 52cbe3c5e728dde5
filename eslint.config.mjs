// The packages live in the folder that ./setup provisions, not in the repository.
import {createRequire} from "node:module";

const require = createRequire(new URL("./.odoo/lint/node/", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

export default [
    {ignores: [".odoo/**", "**/static/lib/**", "tests/data/**"]},
    js.configs.recommended,
    {
        files: ["**/static/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: {...globals.browser, Chart: "readonly", luxon: "readonly", odoo: "readonly"},
        },
        rules: {
            curly: ["error", "all"],
            eqeqeq: ["error", "always", {null: "ignore"}],
            "no-alert": "error",
            "no-console": ["error", {allow: ["warn", "error"]}],
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-shadow": "error",
            "no-unused-vars": ["error", {argsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_"}],
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-const": "error",
        },
    },
    {
        files: ["**/*.mjs"],
        languageOptions: {globals: globals.node},
    },
];
