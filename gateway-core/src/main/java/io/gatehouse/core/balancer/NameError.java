package io.gatehouse.core.balancer;

/** A name that did not resolve. */
public final class NameError extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean missing;

    /** @param missing whether the name does not exist, or has no address; else the servers did not say */
    NameError(String message, boolean missing) {
        super(message, null, false, false);
        this.missing = missing;
    }

    /** Whether it is the name's fault. */
    public boolean isMissing() {
        return missing;
    }

    /** What went wrong. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
