package io.gatehouse.simulator;

import io.vertx.core.buffer.Buffer;

/** Answers of {@code /v1/chat/completions} and {@code /v1/completions}. */
final class ChoicesAnswer implements Answer {
    private static final String FINGERPRINT = "fp_5170a11e57";
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");
    private static final String NO_USAGE = ",\"usage\":null";

    private final LlmRequest request;
    private final Behaviour.Usage usage;
    private final boolean chat;
    private final int pieces;
    private final int perChoice;
    private final boolean usageEvent;
    private final String head;
    private final String callId;
    private final String finish;
    private final String tail;

    ChoicesAnswer(LlmRequest request, Behaviour.Usage usage, String id, long created) {
        this.request = request;
        this.usage = usage;
        chat = request.operation == LlmRequest.Operation.CHAT;
        pieces = request.text.pieces();
        // chat: a delta with the role, the pieces, the finish reason; completions: no role
        perChoice = (chat ? 1 : 0) + pieces + 1;
        usageEvent = request.stream && request.includeUsage && usage != Behaviour.Usage.OMITTED && !inLastChunk();
        callId = "call_" + id;
        finish = request.toolCall != null ? "tool_calls" : request.limited ? "length" : "stop";
        StringBuilder out = new StringBuilder(200).append("{\"id\":\"");
        out.append(chat ? "chatcmpl-" : "cmpl-").append(id).append("\",\"object\":\"");
        out.append(chat ? request.stream ? "chat.completion.chunk" : "chat.completion" : "text_completion");
        out.append("\",\"created\":").append(created).append(",\"model\":");
        Json.quote(out, Models.answering(request.model));
        if (chat) {
            out.append(",\"service_tier\":\"default\"");
        }
        head = out.append(",\"system_fingerprint\":\"")
                .append(FINGERPRINT)
                .append("\",\"choices\":[")
                .toString();
        tail = "]" + (usageEvent ? NO_USAGE : "") + "}\n\n";
    }

    private boolean inLastChunk() {
        return usage == Behaviour.Usage.LAST_CHUNK;
    }

    @Override
    public Buffer body() {
        String text = request.text.whole();
        StringBuilder out = new StringBuilder(head.length() + text.length() * request.choices + 512).append(head);
        for (int choice = 0; choice < request.choices; choice++) {
            out.append(choice == 0 ? "" : ",").append("{\"index\":").append(choice);
            if (chat) {
                out.append(",\"message\":{\"role\":\"assistant\",\"content\":");
                LlmRequest.ToolCall call = request.toolCall;
                if (call == null) {
                    Json.quote(out, text);
                } else {
                    out.append("null,\"tool_calls\":[{\"id\":\"").append(callId).append("\",\"type\":\"function\",");
                    Json.quote(out.append("\"function\":{\"name\":"), call.name());
                    Json.quote(out.append(",\"arguments\":"), text).append("}}]");
                }
                out.append(",\"refusal\":null,\"annotations\":[]}");
            } else {
                Json.quote(out.append(",\"text\":"), text);
            }
            out.append(",\"logprobs\":null,\"finish_reason\":\"").append(finish).append("\"}");
        }
        out.append(']');
        if (usage != Behaviour.Usage.OMITTED) {
            UsageJson.chat(out.append(",\"usage\":"), usage, request.promptTokens, completionTokens());
        }
        return Buffer.buffer(out.append('}').toString());
    }

    @Override
    public int events() {
        return request.choices * perChoice + (usageEvent ? 1 : 0) + 1;
    }

    @Override
    public Buffer event(int index) {
        int content = request.choices * perChoice;
        if (index > content || (index == content && !usageEvent)) {
            return DONE;
        }
        StringBuilder out =
                new StringBuilder(head.length() + 200).append("data: ").append(head);
        if (index == content) {
            UsageJson.chat(out.append("],\"usage\":"), usage, request.promptTokens, completionTokens());
            return Buffer.buffer(out.append("}\n\n").toString());
        }
        int at = index % perChoice - (chat ? 1 : 0);
        out.append("{\"index\":").append(index / perChoice);
        if (at == pieces) {
            out.append(chat ? ",\"delta\":{}" : ",\"text\":\"\"")
                    .append(",\"logprobs\":null,\"finish_reason\":\"")
                    .append(finish)
                    .append("\"}");
            if (inLastChunk()) {
                UsageJson.chat(out.append("],\"usage\":"), usage, request.promptTokens, completionTokens());
                return Buffer.buffer(out.append("}\n\n").toString());
            }
        } else {
            if (chat) {
                delta(out.append(",\"delta\":{"), at).append('}');
            } else {
                Json.quote(out.append(",\"text\":"), request.text.piece(at));
            }
            out.append(",\"logprobs\":null,\"finish_reason\":null}");
        }
        return Buffer.buffer(out.append(tail).toString());
    }

    private StringBuilder delta(StringBuilder out, int at) {
        LlmRequest.ToolCall call = request.toolCall;
        if (at >= 0) {
            if (call == null) {
                return Json.quote(out.append("\"content\":"), request.text.piece(at));
            }
            out.append("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":");
            return Json.quote(out, request.text.piece(at)).append("}}]");
        }
        if (call == null) {
            return out.append("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null");
        }
        out.append("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"");
        out.append(callId).append("\",\"type\":\"function\",\"function\":{\"name\":");
        return Json.quote(out, call.name()).append(",\"arguments\":\"\"}}],\"refusal\":null");
    }

    @Override
    public long completionTokens(int events) {
        int whole = Math.min(events / perChoice, request.choices);
        long tokens = (long) whole * pieces;
        if (whole < request.choices) {
            tokens += Math.max(0, Math.min(pieces, events % perChoice - (chat ? 1 : 0)));
        }
        return tokens;
    }

    @Override
    public long completionTokens() {
        return (long) request.choices * pieces;
    }
}
