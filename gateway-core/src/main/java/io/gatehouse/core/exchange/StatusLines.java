package io.gatehouse.core.exchange;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.Objects;

/**
 * What a status line says behind the code: the registered words, and for a code that nobody has registered none. Netty, which
 * knows fewer, makes some up, such as {@code Client Error (418)}. Stateless.
 */
public final class StatusLines {
    private static final int FIRST = 100;

    /** What is registered, and Netty does not know or knows under an older name. */
    private static final Map<Integer, String> REGISTERED = Map.of(
            208, "Already Reported",
            226, "IM Used",
            418, "I'm a teapot",
            425, "Too Early",
            451, "Unavailable For Legal Reasons",
            508, "Loop Detected");

    private static final HttpResponseStatus[] STATUSES = new HttpResponseStatus[900];

    static {
        for (int i = 0; i < STATUSES.length; i++) {
            int code = FIRST + i;
            HttpResponseStatus known = HttpResponseStatus.valueOf(code);
            boolean invented = known.reasonPhrase().endsWith("(" + code + ")");
            STATUSES[i] = REGISTERED.containsKey(code) || invented
                    ? new HttpResponseStatus(code, Objects.requireNonNullElse(REGISTERED.get(code), ""))
                    : known;
        }
    }

    private StatusLines() {}

    /** The status of the same code that is written. */
    public static HttpResponseStatus of(HttpResponseStatus status) {
        int index = status.code() - FIRST;
        return index >= 0 && index < STATUSES.length ? STATUSES[index] : status;
    }
}
