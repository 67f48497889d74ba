package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The log form of a streamed answer: one completion, as the provider would have given it without streaming, with Kong's
 * {@code response} beside it, which is the text of the first choice. Made event by event, only where payloads are logged;
 * what goes beyond the limit of a payload is dropped and the rest marked as cut. Belongs to one exchange.
 */
final class AssembledCompletion {
    private static final int MAX_PARTS = 128;

    /** What a part costs beside its texts: its names, braces and numbers. */
    private static final int PART_BYTES = 128;

    private static final String[] TEXTS = {"refusal", "reasoning", "reasoning_content"};

    private final LlmOperation operation;
    private final Map<Long, Choice> choices = new TreeMap<>();
    private final StringBuilder items = new StringBuilder();
    private final StringBuilder openText = new StringBuilder();
    private boolean responses;
    private @Nullable Payload whole;
    private int room = Payload.MAX_BYTES;
    private boolean cut;

    AssembledCompletion(LlmOperation operation) {
        this.operation = operation;
        this.responses = operation == LlmOperation.RESPONSES;
    }

    /** What one choice has gained so far. */
    private static final class Choice {
        final StringBuilder text = new StringBuilder();
        final Map<String, StringBuilder> others = new TreeMap<>();
        final Map<Long, ToolCall> toolCalls = new TreeMap<>();

        @Nullable
        ToolCall function;

        @Nullable
        String finishReason;

        boolean completion;
    }

    /** A call whose arguments come in pieces. */
    private static final class ToolCall {
        final StringBuilder arguments = new StringBuilder();

        @Nullable
        String id;

        @Nullable
        String type;

        @Nullable
        String name;
    }

    /** Whether something did not fit. */
    boolean isCut() {
        Payload response = whole;
        return response == null ? cut : response.truncated();
    }

    void add(SseEvent event) {
        Buffer data = event.data();
        if (data == null) {
            return;
        }
        try {
            JsonValue chunk = JsonValue.of(data, 0, data.length());
            String type = operation == LlmOperation.RESPONSES || operation == LlmOperation.PRESERVE
                    ? chunk.text("/type")
                    : null;
            if (type != null && type.startsWith("response.")) {
                responses = true;
                addEvent(type, chunk);
            } else {
                for (JsonValue choice : chunk.elements("/choices")) {
                    addChoice(choice);
                }
            }
        } catch (JsonException e) {
            // it passed as it was, and says nothing
        }
    }

    private void addChoice(JsonValue chunk) {
        Choice choice = part(choices, chunk.longValue("/index").orElse(0), Choice::new);
        if (choice == null) {
            return;
        }
        String text = chunk.text("/text");
        choice.completion |= text != null;
        append(choice.text, text);
        String reason = chunk.text("/finish_reason");
        if (reason != null && takes(reason)) {
            choice.finishReason = reason;
        }
        JsonValue delta = chunk.at("/delta");
        if (delta == null) {
            return;
        }
        append(choice.text, delta.text("/content"));
        for (String name : TEXTS) {
            String piece = delta.text('/' + name);
            if (piece != null && !piece.isEmpty()) {
                append(choice.others.computeIfAbsent(name, key -> new StringBuilder()), piece);
            }
        }
        for (JsonValue call : delta.elements("/tool_calls")) {
            ToolCall made = part(choice.toolCalls, call.longValue("/index").orElse(0), ToolCall::new);
            if (made != null) {
                made.id = kept(made.id, call.text("/id"));
                made.type = kept(made.type, call.text("/type"));
                addFunction(made, call.at("/function"));
            }
        }
        JsonValue function = delta.at("/function_call");
        if (function != null && function.kind() == JsonKind.OBJECT) {
            ToolCall made = choice.function == null ? new ToolCall() : choice.function;
            choice.function = made;
            addFunction(made, function);
        }
    }

    private void addFunction(ToolCall call, @Nullable JsonValue function) {
        if (function != null) {
            call.name = kept(call.name, function.text("/name"));
            append(call.arguments, function.text("/arguments"));
        }
    }

    private void addEvent(String type, JsonValue event) {
        switch (type) {
            case "response.completed", "response.incomplete", "response.failed" -> {
                Buffer response = event.raw("/response");
                whole = response == null ? null : Payload.of(response, List.of());
            }
            case "response.output_text.delta" -> append(openText, event.text("/delta"));
            case "response.output_item.done" -> {
                Buffer item = event.raw("/item");
                if (item != null && takes(item.length())) {
                    items.append(items.isEmpty() ? "" : ",").append(item);
                    openText.setLength(0);
                }
            }
            default -> {}
        }
    }

    private <T> @Nullable T part(Map<Long, T> parts, long index, Supplier<T> maker) {
        T known = parts.get(index);
        if (known != null) {
            return known;
        }
        if (parts.size() == MAX_PARTS || !takes(PART_BYTES)) {
            cut = true;
            return null;
        }
        T made = maker.get();
        parts.put(index, made);
        return made;
    }

    private @Nullable String kept(@Nullable String known, @Nullable String said) {
        return said != null && !said.isEmpty() && takes(said) ? said : known;
    }

    private void append(StringBuilder to, @Nullable String piece) {
        if (piece != null && takes(piece)) {
            to.append(piece);
        }
    }

    private boolean takes(String text) {
        // a character is at most three bytes, so the limit holds
        return takes(text.length() * 3L);
    }

    /** Whether there is room; once there was none, nothing more is taken, so that no text has a hole. */
    private boolean takes(long bytes) {
        if (cut || bytes > room) {
            cut = true;
            return false;
        }
        room -= (int) bytes;
        return true;
    }

    /** The completion as far as it came; null when nothing of an answer came. */
    @Nullable
    String json(@Nullable TokenUsage usage) {
        Payload response = whole;
        if (response != null) {
            return response.text();
        }
        if (responses) {
            return items.isEmpty() && openText.isEmpty() ? null : response();
        }
        if (choices.isEmpty()) {
            return null;
        }
        Choice first = choices.values().iterator().next();
        boolean completion = operation == LlmOperation.COMPLETIONS || first.completion;
        StringBuilder out = new StringBuilder(first.text.length() * 2 + 256);
        out.append("{\"object\":\"")
                .append(completion ? "text_completion" : "chat.completion")
                .append("\",\"choices\":[");
        for (Map.Entry<Long, Choice> entry : choices.entrySet()) {
            Choice choice = entry.getValue();
            out.append(choice == first ? "" : ",").append("{\"index\":").append(entry.getKey());
            if (completion) {
                out.append(",\"text\":").append(string(choice.text));
            } else {
                out.append(",\"message\":");
                message(out, choice);
            }
            out.append(",\"finish_reason\":")
                    .append(string(choice.finishReason))
                    .append(",\"logprobs\":null}");
        }
        out.append("],\"response\":").append(string(first.text));
        if (usage != null) {
            out.append(",\"usage\":{\"prompt_tokens\":")
                    .append(usage.prompt())
                    .append(",\"completion_tokens\":")
                    .append(usage.completion())
                    .append(",\"total_tokens\":")
                    .append(usage.total())
                    .append('}');
        }
        return out.append('}').toString();
    }

    private static void message(StringBuilder out, Choice choice) {
        boolean calls = !choice.toolCalls.isEmpty() || choice.function != null;
        out.append("{\"role\":\"assistant\",\"content\":")
                .append(calls && choice.text.isEmpty() ? "null" : string(choice.text));
        for (Map.Entry<String, StringBuilder> other : choice.others.entrySet()) {
            out.append(",\"").append(other.getKey()).append("\":").append(string(other.getValue()));
        }
        if (!choice.toolCalls.isEmpty()) {
            out.append(",\"tool_calls\":[");
            String comma = "";
            for (ToolCall call : choice.toolCalls.values()) {
                out.append(comma)
                        .append("{\"id\":")
                        .append(string(call.id))
                        .append(",\"type\":")
                        .append(string(call.type == null ? "function" : call.type))
                        .append(",\"function\":");
                function(out, call);
                out.append('}');
                comma = ",";
            }
            out.append(']');
        }
        ToolCall function = choice.function;
        if (function != null) {
            out.append(",\"function_call\":");
            function(out, function);
        }
        out.append('}');
    }

    private static void function(StringBuilder out, ToolCall call) {
        out.append("{\"name\":")
                .append(string(call.name))
                .append(",\"arguments\":")
                .append(string(call.arguments))
                .append('}');
    }

    /** A stream of the Responses dialect that was cut before its end told it all. */
    private String response() {
        StringBuilder out = new StringBuilder(items.length() + openText.length() + 256);
        out.append("{\"object\":\"response\",\"status\":\"in_progress\",\"output\":[")
                .append(items);
        if (!openText.isEmpty()) {
            out.append(items.isEmpty() ? "" : ",")
                    .append("{\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[{")
                    .append("\"type\":\"output_text\",\"text\":")
                    .append(string(openText))
                    .append("}]}");
        }
        return out.append("]}").toString();
    }

    private static Buffer string(@Nullable CharSequence text) {
        return JsonWriter.write(text);
    }
}
