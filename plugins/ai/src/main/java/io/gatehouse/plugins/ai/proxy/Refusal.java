package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Response;
import io.gatehouse.api.json.JsonWriter;

/** A request that the plugin answers itself, with Kong's text. Thrown by checks deep down; costs no stack trace. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int UNSUPPORTED_MEDIA_TYPE = 415;

    static final String NO_PROMPTS = "request body doesn't contain valid prompts";

    private final int status;
    private final String text;

    private Refusal(int status, String text) {
        super(text, null, false, false);
        this.status = status;
        this.text = text;
    }

    static Refusal badRequest(String text) {
        return new Refusal(400, text);
    }

    /** A body that is compressed, of which nothing is known. */
    static Refusal compressed() {
        return new Refusal(
                UNSUPPORTED_MEDIA_TYPE,
                "request body is compressed, and not read here (expected: no Content-Encoding)");
    }

    static Refusal of(int status, String text) {
        return new Refusal(status, text);
    }

    int status() {
        return status;
    }

    String text() {
        return text;
    }

    /** The answer in the error form of Kong's AI plugins, which OpenAI's clients understand. */
    Response response() {
        Response response = Response.json(status, "{\"error\":{\"message\":" + JsonWriter.write(text) + "}}");
        if (status == UNSUPPORTED_MEDIA_TYPE) {
            response.headers().set("Accept-Encoding", "identity");
        }
        return response;
    }
}
