package io.gatehouse.core.server;

/** Why a request is not served, and what its client is told. Carries no stack trace: many are made, none is a fault. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final Refusal BAD_REQUEST = new Refusal(400, "Bad request");
    static final Refusal TOO_LARGE = new Refusal(400, "Request header or cookie too large");
    static final Refusal TOO_MANY = new Refusal(431, "Request header or cookie too large");
    static final Refusal URI_TOO_LONG = new Refusal(414, "URI too long");
    static final Refusal METHOD = new Refusal(405, "Method not allowed");
    static final Refusal TOO_SLOW = new Refusal(408, "Request timeout");
    static final Refusal EXPECTATION = new Refusal(417, "Expectation failed");
    static final Refusal CODING = new Refusal(501, "Not implemented");
    static final Refusal VERSION = new Refusal(505, "HTTP version not supported");

    private final int status;
    private final String text;

    private Refusal(int status, String text) {
        super(text, null, false, false);
        this.status = status;
        this.text = text;
    }

    int status() {
        return status;
    }

    /** Kong's text where it has one. */
    String text() {
        return text;
    }
}
