package io.gatehouse.core;

import java.io.IOException;

/**
 * The configuration is good but the gateway cannot start on this machine: a port is taken (the cause is a {@link
 * java.net.BindException}), a certificate cannot be read.
 *
 * <p>The message is one line that names the address or file; the command line prints it and ends with exit code 1.
 */
public final class StartException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message one line for the person who started the gateway
     * @param cause what the system said
     */
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
