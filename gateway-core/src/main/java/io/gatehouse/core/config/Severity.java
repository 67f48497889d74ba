package io.gatehouse.core.config;

/** Whether a problem refuses the configuration. */
public enum Severity {
    /** The configuration as a whole is refused. */
    ERROR,
    /** The configuration takes effect; the user should know. */
    WARNING
}
