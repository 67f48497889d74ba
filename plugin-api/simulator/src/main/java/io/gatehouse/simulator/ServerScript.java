package io.gatehouse.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a {@link FaultServer} does with one connection: a row of steps, after the last of which it closes
 * the connection. Immutable.
 *
 * <pre>{@code
 * // an answer that promises 100 bytes and is reset after 10
 * ServerScript.builder().readRequest().head(200, "Content-Length: 100").send("0123456789").reset().build();
 *
 * // a good answer to every request, with three bytes too many behind each
 * ServerScript.builder().readRequest().respond(200, "{}").send("xyz").repeat().build();
 * }</pre>
 */
public final class ServerScript {
    /** One step; may block, and fails as the socket does. */
    interface Step {
        void run(FaultConnection connection) throws IOException, InterruptedException;
    }

    final List<Step> steps;
    final boolean repeated;

    private ServerScript(List<Step> steps, boolean repeated) {
        this.steps = List.copyOf(steps);
        this.repeated = repeated;
    }

    /** A script without steps. */
    public static Builder builder() {
        return new Builder();
    }

    /** A server that behaves: every request is answered with 200 and this JSON. */
    public static ServerScript answering(String json) {
        return builder().readRequest().respond(200, json).repeat().build();
    }

    /** Accepts, reads, and never answers. */
    public static ServerScript silent() {
        return builder().stall().build();
    }

    /** Resets every connection as soon as it is accepted. */
    public static ServerScript resetting() {
        return builder().reset().build();
    }

    /** Adds steps; every method returns this builder. Not thread-safe. Text is sent as UTF-8. */
    public static final class Builder {
        private final List<Step> steps = new ArrayList<>();
        private boolean repeated;

        private Builder() {}

        private Builder add(Step step) {
            steps.add(step);
            return this;
        }

        // ---- reading

        /** Reads up to the blank line behind a request head. */
        public Builder readHead() {
            return add(FaultConnection::readHead);
        }

        /** Reads a request with its body, as its Content-Length or chunks tell. */
        public Builder readRequest() {
            return add(FaultConnection::readRequest);
        }

        /** Reads exactly so many bytes. */
        public Builder readBytes(long count) {
            return add(connection -> connection.readBytes(count));
        }

        /**
         * Reads up to {@code bytes} bytes at a time with a pause behind each, until there are {@code total} or
         * the peer has sent its last. Set a small {@link FaultServer.Builder#receiveBuffer} with it, or the
         * operating system reads ahead.
         */
        public Builder readSlowly(int bytes, Duration pause, long total) {
            return add(connection -> connection.readSlowly(bytes, pause, total));
        }

        // ---- writing

        /** Sends these bytes. */
        public Builder send(byte[] bytes) {
            byte[] copy = bytes.clone();
            return add(connection -> connection.send(copy, 0, copy.length));
        }

        /** Sends this text. */
        public Builder send(String text) {
            return send(text.getBytes(StandardCharsets.UTF_8));
        }

        /** Sends a status line and header lines ({@code "Name: value"}), and the blank line. */
        public Builder head(int status, String... headers) {
            StringBuilder out = new StringBuilder("HTTP/1.1 ").append(status).append(" Status\r\n");
            for (String header : headers) {
                out.append(header).append("\r\n");
            }
            return send(out.append("\r\n").toString());
        }

        /** Sends a correct answer with a JSON body. */
        public Builder respond(int status, String json) {
            return respondLying(status, json, json.getBytes(StandardCharsets.UTF_8).length);
        }

        /** Sends an answer with a JSON body whose Content-Length says {@code claimed}. */
        public Builder respondLying(int status, String json, long claimed) {
            return head(status, "Content-Type: application/json", "Content-Length: " + claimed)
                    .send(json);
        }

        /** Sends the head of a chunked event stream. */
        public Builder eventStreamHead() {
            return head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
        }

        /** Sends this text as one chunk. */
        public Builder chunk(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return send(Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n");
        }

        /** Sends the last chunk. */
        public Builder lastChunk() {
            return send("0\r\n\r\n");
        }

        /** Sends these bytes in several writes that end at these offsets, with a pause between. */
        public Builder sendSplit(byte[] bytes, Duration pause, int... offsets) {
            byte[] copy = bytes.clone();
            int[] ends = Arrays.copyOf(offsets, offsets.length + 1);
            ends[offsets.length] = copy.length;
            Arrays.sort(ends);
            if (ends[0] < 0 || ends[offsets.length] > copy.length) {
                throw new IllegalArgumentException(
                        "offsets: " + Arrays.toString(offsets) + " (expected: 0-" + copy.length + ")");
            }
            return add(connection -> {
                int from = 0;
                for (int end : ends) {
                    if (end > from) {
                        if (from > 0) {
                            connection.pause(pause);
                        }
                        connection.send(copy, from, end - from);
                        from = end;
                    }
                }
            });
        }

        /** Sends these bytes one by one, with a pause between. */
        public Builder dribble(byte[] bytes, Duration pause) {
            int[] all = new int[bytes.length];
            Arrays.setAll(all, i -> i);
            return sendSplit(bytes, pause, all);
        }

        /** Sends so many random bytes, which follow from the seed and the connection's index. */
        public Builder garbage(int count) {
            return add(connection -> {
                byte[] bytes = connection.random(count);
                connection.send(bytes, 0, bytes.length);
            });
        }

        /** Sends this text over and over, with a pause between, until the peer is gone. */
        public Builder endless(String text, Duration pause) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0) {
                throw new IllegalArgumentException("endless: nothing to send (expected: at least one byte)");
            }
            return add(connection -> {
                while (true) {
                    connection.send(bytes, 0, bytes.length);
                    if (!pause.isZero()) {
                        connection.pause(pause);
                    }
                }
            });
        }

        // ---- waiting and ending

        /** Waits; goes on reading meanwhile, so that the peer is not held up. */
        public Builder pause(Duration duration) {
            Objects.requireNonNull(duration, "duration");
            return add(connection -> connection.pause(duration));
        }

        /** Waits for {@link FaultServer#release}. */
        public Builder awaitRelease() {
            return add(FaultConnection::awaitRelease);
        }

        /** Reads, sends nothing more, and ends when the peer closes. */
        public Builder stall() {
            return add(FaultConnection::stall);
        }

        /** Neither reads nor writes until the server is closed, so that the peer's writes fill up. */
        public Builder hang() {
            return add(FaultConnection::hang);
        }

        /** Ends the connection with a TCP reset. What was sent before is delivered where the peer reads on. */
        public Builder reset() {
            return add(FaultConnection::reset);
        }

        /** Closes the connection, as a script does at its end anyway. */
        public Builder close() {
            return add(FaultConnection::close);
        }

        /** Sends a FIN, but goes on reading. */
        public Builder halfClose() {
            return add(FaultConnection::halfClose);
        }

        /** Begins again after the last step, as long as the connection lives. */
        public Builder repeat() {
            repeated = true;
            return this;
        }

        /** The script. */
        public ServerScript build() {
            if (repeated && steps.isEmpty()) {
                throw new IllegalArgumentException("script: nothing to repeat (expected: at least one step)");
            }
            return new ServerScript(steps, repeated);
        }
    }
}
