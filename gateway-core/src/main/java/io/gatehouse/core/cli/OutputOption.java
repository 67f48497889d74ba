package io.gatehouse.core.cli;

import picocli.CommandLine.Option;

/** The form of a result. */
final class OutputOption {
    enum Form {
        TEXT,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORM",
            description = "text (default) for people or json for programs.")
    private Form form = Form.TEXT;

    boolean isJson() {
        return form == Form.JSON;
    }
}
