package io.gatehouse.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The client side of the tests: the JDK's HTTP client, and a bare socket. */
final class Caller {
    static final Duration LIMIT = Duration.ofSeconds(60);
    static final String CHAT = "/v1/chat/completions";
    static final String HELLO =
            "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello there world\"}]}";

    static {
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
    }

    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();

    private Caller() {}

    static HttpResponse<String> send(
            LlmSimulator simulator, String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(simulator.baseUrl() + path))
                .timeout(LIMIT)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static HttpResponse<String> post(LlmSimulator simulator, String path, String body, String... headers) {
        return send(simulator, "POST", path, body, headers);
    }

    static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(HttpResponse<String> response) {
        return json(response.body());
    }

    /** The data of the SSE events in a body. */
    static List<String> events(String body) {
        List<String> events = new ArrayList<>();
        for (String line : body.split("\n", -1)) {
            if (line.startsWith("data: ")) {
                events.add(line.substring(6));
            }
        }
        return events;
    }

    static String streaming(String json) {
        return json.substring(0, json.length() - 1) + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    }

    static <T> T get(io.vertx.core.Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(90, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection of bytes. */
    static final class Raw implements AutoCloseable {
        final Socket socket = new Socket();
        private final StringBuilder seen = new StringBuilder();

        Raw(int port) throws IOException {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) LIMIT.toMillis());
            socket.setSoTimeout((int) LIMIT.toMillis());
        }

        Raw send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Raw post(String path, String body) throws IOException {
            return send("POST " + path + " HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: "
                    + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
        }

        /** Reads until the text was seen; gives what came before and with it since the last call. */
        String until(String text) throws IOException {
            InputStream in = socket.getInputStream();
            while (seen.indexOf(text) < 0) {
                int one = in.read();
                if (one < 0) {
                    throw new IOException("end after: " + seen);
                }
                seen.append((char) one);
            }
            String found = seen.toString();
            seen.setLength(0);
            return found;
        }

        /** Everything up to the peer's FIN; a reset throws. */
        String rest() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(all);
            return all.toString(StandardCharsets.ISO_8859_1);
        }

        void leave() throws IOException {
            socket.close();
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
