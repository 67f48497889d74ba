package io.gatehouse.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the simulator departs from a prompt, correct answer. Immutable; a field that is not set leaves the
 * normal course (or what a less specific behaviour says, see {@link #over(Behaviour)}).
 *
 * <pre>{@code
 * Behaviour.builder().status(429).retryAfter("1").build();
 * Behaviour.builder().events(20).eventDelayMs(50).cutAfter(7).build();
 * }</pre>
 *
 * <p>The same fields in JSON (and, as {@code name=value} pairs separated by semicolons or commas, in the
 * header {@code X-Simulator}):
 *
 * <table>
 * <caption>Fields</caption>
 * <tr><th>Name</th><th>Meaning</th></tr>
 * <tr><td>{@code status}</td><td>status to answer with, 200-599; from 400 on an error is answered</td></tr>
 * <tr><td>{@code error}</td><td>body to answer with in place of the usual one, sent as it is (in JSON it may
 *     be an object)</td></tr>
 * <tr><td>{@code content_type}</td><td>content type to answer with</td></tr>
 * <tr><td>{@code retry_after}</td><td>value of {@code Retry-After}, sent as it is</td></tr>
 * <tr><td>{@code headers}</td><td>more response headers (JSON object; not in the header form)</td></tr>
 * <tr><td>{@code delay_ms}</td><td>milliseconds before the response head</td></tr>
 * <tr><td>{@code first_event_ms}</td><td>milliseconds between the head and the first event (or the body)</td></tr>
 * <tr><td>{@code event_ms}</td><td>milliseconds before every further event</td></tr>
 * <tr><td>{@code jitter_ms}</td><td>each of the waits above is lengthened by 0 to this many milliseconds,
 *     chosen from the seed and the request's sequence number</td></tr>
 * <tr><td>{@code events}</td><td>the answer has exactly so many words, hence text deltas when streamed</td></tr>
 * <tr><td>{@code body_size}</td><td>the answer's text has exactly so many bytes</td></tr>
 * <tr><td>{@code cut_after}</td><td>the connection is cut after so many events; 0: after the head; -1: before
 *     it. An answer that is not streamed counts as two events, its halves</td></tr>
 * <tr><td>{@code cut}</td><td>{@code reset} (TCP RST, the default) or {@code close} (FIN, without a proper
 *     end of the body)</td></tr>
 * <tr><td>{@code stall_after}</td><td>nothing more is sent after so many events, counted alike; the
 *     connection stays open until the peer closes it</td></tr>
 * <tr><td>{@code usage}</td><td>{@code normal}, {@code omitted}, {@code null}, {@code garbage} or
 *     {@code last_chunk} (in the chunk with the finish reason and without being asked, as Mistral does)</td></tr>
 * <tr><td>{@code gzip}</td><td>{@code off}, {@code on} (compressed whether asked for or not) or
 *     {@code garbage} (declared, but the bytes are none)</td></tr>
 * <tr><td>{@code gate}</td><td>name of the {@link Gate} whose permits the answer needs, see there</td></tr>
 * </table>
 */
public final class Behaviour {
    /** Nothing set: the normal course. */
    public static final Behaviour NORMAL = new Builder().build();

    /** How the connection is cut. */
    public enum Cut {
        /** By a TCP reset. */
        RESET,
        /** By a plain close, without the proper end of the body. */
        CLOSE
    }

    /** What becomes of the usage report. */
    public enum Usage {
        /** Reported as the API says. */
        NORMAL,
        /** Left out. */
        OMITTED,
        /** JSON null. */
        NULL,
        /** Strings, negative and huge numbers in place of counts. */
        GARBAGE,
        /** Streams: in the chunk with the finish reason, asked for or not. */
        LAST_CHUNK
    }

    /** Content encoding of the answer. */
    public enum Gzip {
        /** None. */
        OFF,
        /** Compressed whether the client accepts it or not. */
        ON,
        /** Declared as compressed, while the bytes are not. */
        GARBAGE
    }

    final @Nullable Integer status;
    final @Nullable String error;
    final @Nullable String contentType;
    final @Nullable String retryAfter;
    final Map<String, String> headers;
    final @Nullable Integer delayMs;
    final @Nullable Integer firstEventMs;
    final @Nullable Integer eventMs;
    final @Nullable Integer jitterMs;
    final @Nullable Integer events;
    final @Nullable Integer bodySize;
    final @Nullable Integer cutAfter;
    final @Nullable Cut cut;
    final @Nullable Integer stallAfter;
    final @Nullable Usage usage;
    final @Nullable Gzip gzip;
    final @Nullable String gate;
    /** Whether nothing is set. */
    final boolean normal;

    private Behaviour(Builder b) {
        status = b.status;
        error = b.error;
        contentType = b.contentType;
        retryAfter = b.retryAfter;
        headers = Map.copyOf(b.headers);
        delayMs = b.delayMs;
        firstEventMs = b.firstEventMs;
        eventMs = b.eventMs;
        jitterMs = b.jitterMs;
        events = b.events;
        bodySize = b.bodySize;
        cutAfter = b.cutAfter;
        cut = b.cut;
        stallAfter = b.stallAfter;
        usage = b.usage;
        gzip = b.gzip;
        gate = b.gate;
        normal = toNode().isEmpty();
    }

    /** A builder with nothing set. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads the JSON form.
     *
     * @throws IllegalArgumentException if the text is no JSON object, or a field is unknown or out of range;
     *     the message names it
     */
    public static Behaviour fromJson(String json) {
        try {
            JsonNode node = Json.MAPPER.readTree(json);
            if (!(node instanceof ObjectNode object)) {
                throw new IllegalArgumentException("behaviour: not a JSON object");
            }
            return fromJson(object);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("behaviour: invalid JSON: " + e.getOriginalMessage(), e);
        }
    }

    static Behaviour fromJson(ObjectNode object) {
        Builder builder = new Builder();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            JsonNode value = field.getValue();
            if (field.getKey().equals("headers") && value.isObject()) {
                for (Map.Entry<String, JsonNode> header : value.properties()) {
                    builder.header(header.getKey(), header.getValue().asText());
                }
            } else if (!value.isNull() || field.getKey().equals("usage")) {
                builder.set(field.getKey(), value.isContainerNode() ? value.toString() : value.asText());
            }
        }
        return builder.build();
    }

    /**
     * Reads the value of the header {@code X-Simulator}: {@code name=value} pairs separated by semicolons or
     * commas, or the JSON form.
     *
     * @throws IllegalArgumentException as {@link #fromJson(String)}
     */
    public static Behaviour fromHeader(String value) {
        String trimmed = value.trim();
        if (trimmed.startsWith("{")) {
            return fromJson(trimmed);
        }
        Builder builder = new Builder();
        int start = 0;
        for (int i = 0; i <= trimmed.length(); i++) {
            if (i == trimmed.length() || trimmed.charAt(i) == ';' || trimmed.charAt(i) == ',') {
                String pair = trimmed.substring(start, i).trim();
                start = i + 1;
                if (pair.isEmpty()) {
                    continue;
                }
                int equals = pair.indexOf('=');
                if (equals < 0) {
                    throw new IllegalArgumentException("X-Simulator: " + pair + " (expected: name=value)");
                }
                builder.set(
                        pair.substring(0, equals).trim(),
                        pair.substring(equals + 1).trim());
            }
        }
        return builder.build();
    }

    /** This behaviour, with what it leaves unset taken from {@code base}. */
    public Behaviour over(Behaviour base) {
        if (base.normal) {
            return this;
        }
        if (normal) {
            return base;
        }
        Builder b = new Builder();
        b.status = first(status, base.status);
        b.error = first(error, base.error);
        b.contentType = first(contentType, base.contentType);
        b.retryAfter = first(retryAfter, base.retryAfter);
        b.headers.putAll(base.headers);
        b.headers.putAll(headers);
        b.delayMs = first(delayMs, base.delayMs);
        b.firstEventMs = first(firstEventMs, base.firstEventMs);
        b.eventMs = first(eventMs, base.eventMs);
        b.jitterMs = first(jitterMs, base.jitterMs);
        b.events = first(events, base.events);
        b.bodySize = first(bodySize, base.bodySize);
        b.cutAfter = first(cutAfter, base.cutAfter);
        b.cut = first(cut, base.cut);
        b.stallAfter = first(stallAfter, base.stallAfter);
        b.usage = first(usage, base.usage);
        b.gzip = first(gzip, base.gzip);
        b.gate = first(gate, base.gate);
        return b.build();
    }

    private static <T> @Nullable T first(@Nullable T a, @Nullable T b) {
        return a != null ? a : b;
    }

    /** The JSON form, with the fields that are set. */
    public String toJson() {
        return toNode().toString();
    }

    ObjectNode toNode() {
        ObjectNode node = Json.MAPPER.createObjectNode();
        put(node, "status", status);
        put(node, "error", error);
        put(node, "content_type", contentType);
        put(node, "retry_after", retryAfter);
        if (!headers.isEmpty()) {
            ObjectNode all = node.putObject("headers");
            headers.forEach(all::put);
        }
        put(node, "delay_ms", delayMs);
        put(node, "first_event_ms", firstEventMs);
        put(node, "event_ms", eventMs);
        put(node, "jitter_ms", jitterMs);
        put(node, "events", events);
        put(node, "body_size", bodySize);
        put(node, "cut_after", cutAfter);
        put(node, "cut", cut);
        put(node, "stall_after", stallAfter);
        put(node, "usage", usage);
        put(node, "gzip", gzip);
        put(node, "gate", gate);
        return node;
    }

    private static void put(ObjectNode node, String name, @Nullable Object value) {
        if (value instanceof Integer number) {
            node.put(name, number);
        } else if (value instanceof Enum<?> constant) {
            node.put(name, constant.name().toLowerCase(Locale.ROOT));
        } else if (value != null) {
            node.put(name, value.toString());
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Behaviour that && toNode().equals(that.toNode());
    }

    @Override
    public int hashCode() {
        return Objects.hash(status, error, delayMs, events, cutAfter, stallAfter, gate);
    }

    /** The JSON form. */
    @Override
    public String toString() {
        return toJson();
    }

    /** Sets the fields; every method returns this builder. Not thread-safe. */
    public static final class Builder {
        private static final List<String> NAMES = List.of(
                "status",
                "error",
                "content_type",
                "retry_after",
                "headers",
                "delay_ms",
                "first_event_ms",
                "event_ms",
                "jitter_ms",
                "events",
                "body_size",
                "cut_after",
                "cut",
                "stall_after",
                "usage",
                "gzip",
                "gate");

        private @Nullable Integer status;
        private @Nullable String error;
        private @Nullable String contentType;
        private @Nullable String retryAfter;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private @Nullable Integer delayMs;
        private @Nullable Integer firstEventMs;
        private @Nullable Integer eventMs;
        private @Nullable Integer jitterMs;
        private @Nullable Integer events;
        private @Nullable Integer bodySize;
        private @Nullable Integer cutAfter;
        private @Nullable Cut cut;
        private @Nullable Integer stallAfter;
        private @Nullable Usage usage;
        private @Nullable Gzip gzip;
        private @Nullable String gate;

        private Builder() {}

        /** Status to answer with, 200-599; from 400 on an error in OpenAI's shape is answered. */
        public Builder status(int status) {
            this.status = within("status", status, 200, 599);
            return this;
        }

        /** Body to answer with in place of the usual one, sent as it is. */
        public Builder error(String body) {
            this.error = Objects.requireNonNull(body, "body");
            return this;
        }

        /** Content type to answer with. */
        public Builder contentType(String contentType) {
            this.contentType = Objects.requireNonNull(contentType, "contentType");
            return this;
        }

        /** Value of {@code Retry-After}, sent as it is: seconds, a date, or neither. */
        public Builder retryAfter(String value) {
            this.retryAfter = Objects.requireNonNull(value, "value");
            return this;
        }

        /** One more response header; replaces one of that name. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** Milliseconds before the response head. */
        public Builder delayMs(int ms) {
            this.delayMs = within("delay_ms", ms, 0, 3_600_000);
            return this;
        }

        /** Milliseconds between the head and the first event, or the body. */
        public Builder firstEventDelayMs(int ms) {
            this.firstEventMs = within("first_event_ms", ms, 0, 3_600_000);
            return this;
        }

        /** Milliseconds before every event but the first. */
        public Builder eventDelayMs(int ms) {
            this.eventMs = within("event_ms", ms, 0, 3_600_000);
            return this;
        }

        /** Each wait is lengthened by 0 to {@code ms} milliseconds, chosen from seed and sequence number. */
        public Builder jitterMs(int ms) {
            this.jitterMs = within("jitter_ms", ms, 0, 3_600_000);
            return this;
        }

        /** The answer has exactly {@code events} words, hence text deltas when streamed; 0 is no text. */
        public Builder events(int events) {
            this.events = within("events", events, 0, 100_000_000);
            return this;
        }

        /** The answer's text has exactly {@code bytes} bytes. */
        public Builder bodySize(int bytes) {
            this.bodySize = within("body_size", bytes, 0, 256 << 20);
            return this;
        }

        /** Cuts the connection after {@code events} events; 0: after the head; -1: before it. */
        public Builder cutAfter(int events) {
            this.cutAfter = within("cut_after", events, -1, Integer.MAX_VALUE);
            return this;
        }

        /** How {@link #cutAfter(int)} cuts; {@link Cut#RESET} unless said. */
        public Builder cut(Cut cut) {
            this.cut = Objects.requireNonNull(cut, "cut");
            return this;
        }

        /** Sends nothing more after {@code events} events; 0: after the head; -1: not even the head. */
        public Builder stallAfter(int events) {
            this.stallAfter = within("stall_after", events, -1, Integer.MAX_VALUE);
            return this;
        }

        /** What becomes of the usage report. */
        public Builder usage(Usage usage) {
            this.usage = Objects.requireNonNull(usage, "usage");
            return this;
        }

        /** Content encoding of the answer. */
        public Builder gzip(Gzip gzip) {
            this.gzip = Objects.requireNonNull(gzip, "gzip");
            return this;
        }

        /** Name of the {@link Gate} whose permits the answer needs. */
        public Builder gate(String name) {
            this.gate = Objects.requireNonNull(name, "name");
            return this;
        }

        Builder set(String name, String value) {
            switch (name) {
                case "status" -> status(number(name, value));
                case "error" -> error(value);
                case "content_type" -> contentType(value);
                case "retry_after" -> retryAfter(value);
                case "delay_ms" -> delayMs(number(name, value));
                case "first_event_ms" -> firstEventDelayMs(number(name, value));
                case "event_ms" -> eventDelayMs(number(name, value));
                case "jitter_ms" -> jitterMs(number(name, value));
                case "events" -> events(number(name, value));
                case "body_size" -> bodySize(number(name, value));
                case "cut_after" -> cutAfter(number(name, value));
                case "cut" -> cut(constant(name, value, Cut.values()));
                case "stall_after" -> stallAfter(number(name, value));
                case "usage" -> usage(constant(name, value, Usage.values()));
                case "gzip" -> gzip(constant(name, value.equals("true") ? "on" : value, Gzip.values()));
                case "gate" -> gate(value);
                default ->
                    throw new IllegalArgumentException(name + ": unknown field (expected one of: " + NAMES + ")");
            }
            return this;
        }

        private static int number(String name, String value) {
            try {
                return Integer.parseInt(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: a whole number)", e);
            }
        }

        private static int within(String name, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + "-" + max + ")");
            }
            return value;
        }

        private static <E extends Enum<E>> E constant(String name, String value, E[] all) {
            for (E one : all) {
                if (one.name().equalsIgnoreCase(value)) {
                    return one;
                }
            }
            throw new IllegalArgumentException(name + ": " + value + " (expected one of: "
                    + List.of(all).toString().toLowerCase(Locale.ROOT) + ")");
        }

        /** The behaviour. */
        public Behaviour build() {
            return new Behaviour(this);
        }
    }
}
