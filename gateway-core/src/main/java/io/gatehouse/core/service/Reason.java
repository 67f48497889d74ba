package io.gatehouse.core.service;

import javax.net.ssl.SSLException;

/** Why a connection did not come about. */
public final class Reason {
    private Reason() {}

    /** The innermost cause that says something where TLS failed, whose outermost only says that it did; else what is given. */
    public static Throwable of(Throwable e) {
        Throwable reason = e;
        boolean tls = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            tls |= cause instanceof SSLException;
            if (cause.getMessage() != null) {
                reason = cause;
            }
        }
        return tls ? reason : e;
    }

    /** What {@link #of} says. */
    public static String text(Throwable e) {
        Throwable reason = of(e);
        String text = reason.getMessage();
        return text == null ? reason.toString() : text;
    }
}
