package io.gatehouse.core.server;

/** Why a request is not served, and what its client is told: in Kong's words where it has some. */
enum Refusal {
    BAD_REQUEST(400, "Bad request"),
    TOO_LARGE(400, "Request header or cookie too large"),
    TOO_MANY(431, "Request header or cookie too large"),
    URI_TOO_LONG(414, "URI too long"),
    METHOD(405, "Method not allowed"),
    TOO_SLOW(408, "Request timeout"),
    BODY_TOO_LARGE(413, "Payload too large"),
    EXPECTATION(417, "Expectation failed"),
    CODING(501, "Not implemented"),
    VERSION(505, "HTTP version not supported");

    private final int status;
    private final String text;

    Refusal(int status, String text) {
        this.status = status;
        this.text = text;
    }

    int status() {
        return status;
    }

    String text() {
        return text;
    }

    /** For those who can only throw. */
    Refused refused() {
        return new Refused(this);
    }

    /** A refusal on its way out of a decoder. Without a stack trace: many are made, and none is a fault. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Refusal why;

        private Refused(Refusal why) {
            super(why.text, null, false, false);
            this.why = why;
        }

        Refusal why() {
            return why;
        }
    }
}
