package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.Caller.Raw;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlmSimulatorIT {
    private static final String TOOLS =
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":"
                    + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"},"
                    + "\"unit\":{\"enum\":[\"c\",\"f\"]},\"note\":{\"type\":\"string\"}},\"required\":[\"city\",\"days\",\"unit\"]}}}]";

    private final LlmSimulator simulator = LlmSimulator.startAndAwait();

    @AfterEach
    void stop() {
        Caller.get(simulator.ledger().awaitIdle(Caller.LIMIT));
        simulator.close();
    }

    @Test
    void answersAChat() {
        HttpResponse<String> response = Caller.post(simulator, Caller.CHAT, Caller.HELLO);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        JsonNode json = Caller.json(response);
        assertThat(json.path("id").asText()).startsWith("chatcmpl-");
        assertThat(json.path("object").asText()).isEqualTo("chat.completion");
        assertThat(json.path("model").asText()).isEqualTo("gpt-4o-2024-08-06");
        assertThat(json.path("system_fingerprint").asText()).startsWith("fp_");
        JsonNode choice = json.path("choices").path(0);
        assertThat(choice.path("message").path("content").asText()).isEqualTo("Simulated answer to: hello there world");
        assertThat(choice.path("message").path("refusal").isNull()).isTrue();
        assertThat(choice.path("logprobs").isNull()).isTrue();
        assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
        assertThat(json.path("usage").path("prompt_tokens").asInt()).isEqualTo(3);
        assertThat(json.path("usage").path("completion_tokens").asInt()).isEqualTo(6);
        assertThat(json.path("usage").path("total_tokens").asInt()).isEqualTo(9);
    }

    @Test
    void streamsAChatAndReportsUsageWhenAsked() {
        HttpResponse<String> response = Caller.post(simulator, Caller.CHAT, Caller.streaming(Caller.HELLO));
        assertThat(response.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        List<String> events = Caller.events(response.body());
        assertThat(events).hasSize(10).last().isEqualTo("[DONE]");
        StringBuilder text = new StringBuilder();
        for (String event : events.subList(0, 8)) {
            JsonNode json = Caller.json(event);
            assertThat(json.path("object").asText()).isEqualTo("chat.completion.chunk");
            assertThat(json.path("usage").isNull()).isTrue();
            text.append(json.at("/choices/0/delta/content").asText(""));
        }
        assertThat(text).hasToString("Simulated answer to: hello there world");
        assertThat(Caller.json(events.get(7)).at("/choices/0/finish_reason").asText())
                .isEqualTo("stop");
        JsonNode usage = Caller.json(events.get(8));
        assertThat(usage.path("choices").isEmpty()).isTrue();
        assertThat(usage.path("usage").path("total_tokens").asInt()).isEqualTo(9);
    }

    @Test
    void leavesUsageOutOfAStreamUnlessAsked() {
        String body = Caller.HELLO.replace("{\"model\"", "{\"stream\":true,\"model\"");
        assertThat(Caller.post(simulator, Caller.CHAT, body).body())
                .doesNotContain("usage")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void answersTheSameToTheSame() {
        JsonNode first = Caller.json(Caller.post(simulator, Caller.CHAT, Caller.HELLO));
        JsonNode second = Caller.json(Caller.post(simulator, Caller.CHAT, Caller.HELLO));
        assertThat(second.path("choices")).isEqualTo(first.path("choices"));
        assertThat(second.path("usage")).isEqualTo(first.path("usage"));
        assertThat(second.path("id")).isNotEqualTo(first.path("id"));
    }

    @ParameterizedTest
    @CsvSource({"gpt-4,gpt-4-0613", "gpt-4.1,gpt-4.1-2025-04-14", "mistral-tiny,mistral-tiny"})
    void namesTheDatedModel(String asked, String answering) {
        String body = Caller.HELLO.replace("gpt-4o", asked);
        assertThat(Caller.json(Caller.post(simulator, Caller.CHAT, body))
                        .path("model")
                        .asText())
                .isEqualTo(answering);
    }

    @Test
    void stopsAtTheTokenLimit() {
        String body = Caller.HELLO.replace("{\"model\"", "{\"max_tokens\":2,\"model\"");
        JsonNode json = Caller.json(Caller.post(simulator, Caller.CHAT, body));
        assertThat(json.at("/choices/0/message/content").asText()).isEqualTo("Simulated answer");
        assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void callsATool() {
        String body = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"please call the tool\"}],"
                + TOOLS + "}";
        JsonNode choice = Caller.json(Caller.post(simulator, Caller.CHAT, body)).at("/choices/0");
        assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(choice.at("/message/content").isNull()).isTrue();
        JsonNode call = choice.at("/message/tool_calls/0");
        assertThat(call.path("type").asText()).isEqualTo("function");
        assertThat(call.at("/function/name").asText()).isEqualTo("weather");
        assertThat(call.at("/function/arguments").asText()).isEqualTo("{\"city\":\"value\",\"days\":1,\"unit\":\"c\"}");
    }

    @Test
    void streamsAToolCall() {
        String body =
                "{\"model\":\"gpt-4o\",\"tool_choice\":\"required\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                        + TOOLS + ",\"stream\":true}";
        StringBuilder arguments = new StringBuilder();
        List<String> events =
                Caller.events(Caller.post(simulator, Caller.CHAT, body).body());
        for (String event : events.subList(0, events.size() - 1)) {
            arguments.append(Caller.json(event)
                    .at("/choices/0/delta/tool_calls/0/function/arguments")
                    .asText(""));
        }
        assertThat(arguments).hasToString("{\"city\":\"value\",\"days\":1,\"unit\":\"c\"}");
    }

    @Test
    void answersATextCompletion() {
        JsonNode json =
                Caller.json(Caller.post(simulator, "/v1/completions", "{\"model\":\"m\",\"prompt\":\"one two\"}"));
        assertThat(json.path("object").asText()).isEqualTo("text_completion");
        assertThat(json.at("/choices/0/text").asText()).isEqualTo("Simulated answer to: one two");
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(7);
    }

    @Test
    void embedsTextsThatShareWordsNearEachOther() {
        JsonNode json = Caller.json(
                Caller.post(
                        simulator,
                        "/v1/embeddings",
                        "{\"model\":\"text-embedding-3-small\",\"input\":[\"a red cat\",\"a red dog\",\"nothing alike here\"]}"));
        assertThat(json.at("/data/0/embedding").size()).isEqualTo(1536);
        assertThat(dot(json, 0, 0)).isCloseTo(1.0, org.assertj.core.data.Offset.offset(1e-5));
        assertThat(dot(json, 0, 1)).isGreaterThan(0.5);
        assertThat(dot(json, 0, 2)).isLessThan(0.3);
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(9);
    }

    private static double dot(JsonNode json, int a, int b) {
        double sum = 0;
        for (int i = 0; i < 1536; i++) {
            sum += json.at("/data/" + a + "/embedding/" + i).asDouble()
                    * json.at("/data/" + b + "/embedding/" + i).asDouble();
        }
        return sum;
    }

    @Test
    void answersAResponseWithoutGivingCredentialsBack() {
        HttpResponse<String> response = Caller.post(
                simulator,
                "/v1/responses",
                "{\"model\":\"gpt-4\",\"input\":\"tools available\",\"tools\":[{\"type\":\"mcp\",\"server_label\":\"s\","
                        + "\"server_url\":\"https://example.com/\",\"headers\":{\"Authorization\":\"Bearer secret\"}}]}");
        assertThat(response.body()).doesNotContain("secret");
        JsonNode json = Caller.json(response);
        assertThat(json.path("id").asText()).startsWith("resp_");
        assertThat(json.path("status").asText()).isEqualTo("completed");
        assertThat(json.at("/output/0/type").asText()).isEqualTo("mcp_list_tools");
        assertThat(json.at("/output/1/content/0/annotations").isArray()).isTrue();
        assertThat(json.at("/usage/input_tokens").asInt()).isEqualTo(2);
        assertThat(json.at("/usage/output_tokens").asInt()).isEqualTo(5);
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(7);
        for (String field : List.of("parallel_tool_calls", "tool_choice", "tools", "text", "metadata", "error")) {
            assertThat(json.has(field)).as(field).isTrue();
        }
    }

    @Test
    void streamsAResponse() {
        String body = Caller.post(simulator, "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}")
                .body();
        List<String> types = new ArrayList<>();
        int sequence = 0;
        for (String event : Caller.events(body)) {
            JsonNode json = Caller.json(event);
            types.add(json.path("type").asText());
            assertThat(json.path("sequence_number").asInt()).isEqualTo(sequence++);
            assertThat(body).contains("event: " + json.path("type").asText() + "\ndata: ");
        }
        assertThat(types)
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.delta",
                        "response.output_text.delta",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.completed");
        assertThat(body).doesNotContain("[DONE]");
        List<String> events = Caller.events(body);
        assertThat(Caller.json(events.get(events.size() - 1))
                        .at("/response/usage/total_tokens")
                        .asInt())
                .isEqualTo(5);
    }

    @Test
    void keepsResponsesUntilTheyAreDeleted() {
        JsonNode made = Caller.json(Caller.post(simulator, "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}"));
        String path = "/v1/responses/" + made.path("id").asText();
        assertThat(Caller.json(Caller.send(simulator, "GET", path, ""))).isEqualTo(made);
        assertThat(Caller.json(Caller.send(simulator, "GET", path + "/input_items", ""))
                        .at("/data/0/content/0/text")
                        .asText())
                .isEqualTo("hi");
        assertThat(Caller.json(Caller.send(simulator, "DELETE", path, ""))
                        .path("deleted")
                        .asBoolean())
                .isTrue();
        assertThat(Caller.send(simulator, "GET", path, "").statusCode()).isEqualTo(404);
    }

    @Test
    void listsModels() {
        assertThat(Caller.json(Caller.send(simulator, "GET", "/v1/models", ""))
                        .at("/data/0/object")
                        .asText())
                .isEqualTo("model");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST|/v1/chat/completions|{|400",
                "POST|/v1/chat/completions|[]|400",
                "POST|/v1/chat/completions|{\"model\":\"m\"}|400",
                "POST|/v1/chat/completions|{\"messages\":[]}|400",
                "POST|/v1/chat/completions|{\"model\":\"m\",\"messages\":[1]}|400",
                "POST|/v1/chat/completions|{\"model\":\"m\",\"messages\":[{}],\"stream\":\"yes\"}|400",
                "POST|/v1/embeddings|{\"model\":\"m\"}|400",
                "POST|/v1/nothing|{}|404",
                "PUT|/v1/chat/completions|{}|405"
            })
    void refusesWrongInputInOpenAisShape(String method, String path, String body, int status) {
        HttpResponse<String> response = Caller.send(simulator, method, path, body);
        assertThat(response.statusCode()).isEqualTo(status);
        JsonNode error = Caller.json(response).path("error");
        assertThat(error.path("message").asText()).isNotEmpty();
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.has("param")).isTrue();
        assertThat(error.has("code")).isTrue();
    }

    @Test
    void acceptsOnlyTheKeysOfTheHost() {
        try (LlmSimulator guarded = LlmSimulator.startAndAwait(SimulatorOptions.builder()
                .keys("general")
                .keyFor("api.mistral.ai", "special")
                .build())) {
            assertThat(Caller.post(guarded, Caller.CHAT, Caller.HELLO).statusCode())
                    .isEqualTo(401);
            assertThat(status(guarded, "api.openai.com", "general")).isEqualTo(200);
            assertThat(status(guarded, "api.openai.com", "special")).isEqualTo(401);
            assertThat(status(guarded, "api.mistral.ai", "general")).isEqualTo(401);
            assertThat(status(guarded, "api.mistral.ai", "special")).isEqualTo(200);
        }
    }

    private static int status(LlmSimulator simulator, String host, String key) {
        return Caller.post(simulator, Caller.CHAT, Caller.HELLO, "Host", host, "Authorization", "Bearer " + key)
                .statusCode();
    }

    @Test
    void sendsNoEventBeforeItIsReleased() throws Exception {
        try (Raw client = new Raw(simulator.port());
                Gate gate = simulator.gate()) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO));
            // the head needs no permit
            assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
            for (int event = 1; event <= 10; event++) {
                assertThat(gate.passed()).isEqualTo(event - 1);
                gate.release();
                client.until("\n\n");
                int sent = event;
                LedgerRecord record = Caller.get(simulator.ledger().await(r -> r.eventsSent() >= sent, Caller.LIMIT));
                assertThat(record.eventsSent()).isEqualTo(event);
                assertThat(client.socket.getInputStream().available()).isLessThanOrEqualTo(8);
            }
            client.until("0\r\n\r\n");
        }
        Caller.get(simulator.ledger().awaitEnded(1, Caller.LIMIT));
    }

    @Test
    void isReleasedOverHttpToo() throws Exception {
        Caller.post(simulator, "/__simulator/behaviour", "{\"gate\":\"default\",\"model\":\"gpt-4o\"}");
        try (Raw client = new Raw(simulator.port())) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO)).until("\r\n\r\n");
            JsonNode released = Caller.json(Caller.post(simulator, "/__simulator/release?n=2", ""));
            assertThat(released.path("gate").asText()).isEqualTo("default");
            client.until("Simulated");
            assertThat(Caller.send(simulator, "DELETE", "/__simulator/gate", "").statusCode())
                    .isEqualTo(200);
            client.until("[DONE]");
        }
        Caller.get(simulator.ledger().awaitEnded(1, Caller.LIMIT));
    }

    @Test
    void refusesToStartOnABusyPort() {
        SimulatorOptions same =
                SimulatorOptions.builder().port(simulator.port()).build();
        assertThat(LlmSimulator.start(same)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .orTimeout(60, TimeUnit.SECONDS)
                        .handle((started, failure) -> failure instanceof TimeoutException ? null : failure)
                        .join())
                .isNotNull();
    }
}
