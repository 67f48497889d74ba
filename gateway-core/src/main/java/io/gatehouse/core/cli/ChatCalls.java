package io.gatehouse.core.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** A client of the gateway, as anybody's program would be one. */
final class ChatCalls {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    /**
     * What came back.
     *
     * @param status HTTP status
     * @param provider provider that answered, empty if the gateway did not say
     * @param model model as it is configured, else as the answer names it
     * @param millis time until the whole answer was there
     * @param promptTokens reported tokens of the question
     * @param completionTokens reported tokens of the answer
     * @param totalTokens reported sum
     * @param error what the answer says went wrong, empty if nothing
     */
    record Answer(
            int status,
            String provider,
            String model,
            long millis,
            long promptTokens,
            long completionTokens,
            long totalTokens,
            String error) {}

    Answer chat(URI uri, String question) throws IOException, InterruptedException {
        String body = JSON.createObjectNode()
                .set(
                        "messages",
                        JSON.createArrayNode()
                                .add(JSON.createObjectNode().put("role", "user").put("content", question)))
                .toString();
        long begin = System.nanoTime();
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(uri)
                        .timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        long millis = (System.nanoTime() - begin) / 1_000_000;
        JsonNode answer = json(response.body());
        String header = response.headers().firstValue("X-Kong-LLM-Model").orElse("");
        int slash = header.indexOf('/');
        JsonNode usage = answer.path("usage");
        JsonNode error = answer.path("error");
        String message = error.isObject() ? error.path("message").asText() : error.asText();
        if (message.isEmpty()) {
            message = answer.path("message").asText();
        }
        return new Answer(
                response.statusCode(),
                slash < 0 ? "" : header.substring(0, slash),
                slash < 0 ? answer.path("model").asText() : header.substring(slash + 1),
                millis,
                usage.path("prompt_tokens").asLong(),
                usage.path("completion_tokens").asLong(),
                usage.path("total_tokens").asLong(),
                message);
    }

    /** A page as text; the status must be 200. */
    String get(URI uri) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).GET().build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(uri + ": status " + response.statusCode() + " (expected: 200)");
        }
        return response.body();
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return JSON.missingNode(); // an error page need not be JSON
        }
    }
}
