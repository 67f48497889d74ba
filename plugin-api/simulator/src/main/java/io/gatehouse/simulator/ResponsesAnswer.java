package io.gatehouse.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers of {@code /v1/responses}. For every MCP tool of the request the output begins with an item that
 * lists its (no) tools; then follows a message or a function call.
 */
final class ResponsesAnswer implements Answer {
    private final LlmRequest request;
    private final Behaviour.Usage usage;
    private final String suffix;
    private final long created;
    private final String head;
    private final String beforeOutput;
    private final String afterOutput;
    private final List<String> mcpItems = new ArrayList<>();
    /** Events before the first text delta, and after the last. */
    private final int before;

    private final int pieces;

    ResponsesAnswer(LlmRequest request, Behaviour.Usage usage, String id, long created) {
        this.request = request;
        this.usage = usage;
        this.suffix = id;
        this.created = created;
        pieces = request.text.pieces();
        ArrayNode tools = Json.MAPPER.createArrayNode();
        for (JsonNode tool : request.tree.path("tools")) {
            tools.add(redacted(tool));
            if (tool.path("type").asText("").equals("mcp")) {
                mcpItems.add(
                        "{\"id\":\"mcpl_" + id + mcpItems.size() + "\",\"type\":\"mcp_list_tools\",\"server_label\":"
                                + Json.quoted(tool.path("server_label").asText("")) + ",\"tools\":[],\"error\":null}");
            }
        }
        // created, in_progress; per MCP item: added, in_progress, completed, done; added; part added
        before = 2 + 4 * mcpItems.size() + (request.toolCall == null ? 2 : 1);
        head = "{\"id\":\"resp_" + id + "\",\"object\":\"response\",\"created_at\":" + created + ",\"status\":\"";
        beforeOutput = settingsBefore(request);
        afterOutput = settingsAfter(request, tools);
    }

    /** A tool as the API shows it again: without the credentials that it came with. */
    private static JsonNode redacted(JsonNode tool) {
        if (!(tool instanceof ObjectNode object)
                || !tool.path("type").asText("").equals("mcp")) {
            return tool;
        }
        ObjectNode shown = object.deepCopy();
        shown.remove("authorization");
        if (shown.get("headers") instanceof ObjectNode headers) {
            for (Map.Entry<String, JsonNode> header : List.copyOf(headers.properties())) {
                headers.put(header.getKey(), "<redacted>");
            }
        }
        return shown;
    }

    /** What stands before the output. */
    private static String settingsBefore(LlmRequest request) {
        ObjectNode tree = request.tree;
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.set("instructions", tree.get("instructions"));
        out.set("max_output_tokens", tree.get("max_output_tokens"));
        out.set("max_tool_calls", tree.get("max_tool_calls"));
        out.put("model", Models.answering(request.model));
        String text = out.toString();
        return text.substring(1, text.length() - 1) + ",\"output\":";
    }

    /** What stands between the output and the usage. */
    private static String settingsAfter(LlmRequest request, ArrayNode tools) {
        ObjectNode tree = request.tree;
        ObjectNode rest = Json.MAPPER.createObjectNode();
        rest.put("parallel_tool_calls", tree.path("parallel_tool_calls").asBoolean(true));
        rest.set("previous_response_id", tree.get("previous_response_id"));
        rest.set("prompt_cache_key", tree.get("prompt_cache_key"));
        ObjectNode reasoning = rest.putObject("reasoning");
        reasoning.set("effort", tree.path("reasoning").get("effort"));
        reasoning.set("summary", tree.path("reasoning").get("summary"));
        rest.set("safety_identifier", tree.get("safety_identifier"));
        rest.put("service_tier", "default");
        rest.put("store", tree.path("store").asBoolean(true));
        rest.put("temperature", tree.path("temperature").asDouble(1.0));
        JsonNode format = tree.path("text").get("format");
        ObjectNode textSettings = rest.putObject("text");
        if (format != null && format.isObject()) {
            textSettings.set("format", format);
        } else {
            textSettings.putObject("format").put("type", "text");
        }
        textSettings.put("verbosity", tree.path("text").path("verbosity").asText("medium"));
        JsonNode choice = tree.get("tool_choice");
        if (choice == null || choice.isNull()) {
            rest.put("tool_choice", "auto");
        } else {
            rest.set("tool_choice", choice);
        }
        rest.set("tools", tools);
        rest.put("top_logprobs", tree.path("top_logprobs").asInt(0));
        rest.put("top_p", tree.path("top_p").asDouble(1.0));
        rest.put("truncation", tree.path("truncation").asText("disabled"));
        rest.set("user", tree.get("user"));
        JsonNode metadata = tree.get("metadata");
        if (metadata != null && metadata.isObject()) {
            rest.set("metadata", metadata);
        } else {
            rest.putObject("metadata");
        }
        return "," + rest.toString().substring(1);
    }

    String id() {
        return "resp_" + suffix;
    }

    boolean stored() {
        return request.tree.path("store").asBoolean(true);
    }

    /** The items that the request put in, as the API lists them. */
    String inputItems() {
        ArrayNode data = Json.MAPPER.createArrayNode();
        JsonNode input = request.tree.path("input");
        if (input.isTextual()) {
            ObjectNode item = data.addObject();
            item.put("id", "msg_in" + suffix + "0").put("type", "message").put("status", "completed");
            item.put("role", "user");
            item.putArray("content").addObject().put("type", "input_text").put("text", input.textValue());
        }
        if (input.isArray()) {
            for (JsonNode one : input) {
                if (one instanceof ObjectNode object) {
                    ObjectNode item = object.deepCopy();
                    String type = item.path("type").asText("message");
                    item.put("id", item.path("id").asText("msg_in" + suffix + data.size()));
                    item.put("type", type).put("status", "completed");
                    if (item.path("content").isTextual()) {
                        String text = item.path("content").textValue();
                        boolean assistant = item.path("role").asText("").equals("assistant");
                        ObjectNode part = item.putArray("content").addObject();
                        part.put("type", assistant ? "output_text" : "input_text")
                                .put("text", text);
                        if (assistant) {
                            part.putArray("annotations");
                        }
                    }
                    data.add(item);
                }
            }
        }
        ObjectNode list = Json.MAPPER.createObjectNode().put("object", "list");
        list.set("data", data);
        list.set("first_id", data.isEmpty() ? null : data.get(0).get("id"));
        list.set("last_id", data.isEmpty() ? null : data.get(data.size() - 1).get("id"));
        return list.put("has_more", false).toString();
    }

    private boolean incomplete() {
        return request.limited;
    }

    private String finalStatus() {
        return incomplete() ? "incomplete" : "completed";
    }

    /** The response object with this status and output. */
    private StringBuilder object(StringBuilder out, String status, boolean finished) {
        out.append(head).append(status).append("\",\"background\":false,");
        if (finished && !incomplete()) {
            out.append("\"completed_at\":").append(created).append(',');
        } else {
            out.append("\"completed_at\":null,");
        }
        out.append("\"error\":null,\"incomplete_details\":")
                .append(finished && incomplete() ? "{\"reason\":\"max_output_tokens\"}" : "null")
                .append(',')
                .append(beforeOutput)
                .append('[');
        if (finished) {
            for (String item : mcpItems) {
                out.append(item).append(',');
            }
            item(out, finalStatus(), true);
        }
        out.append(']').append(afterOutput);
        if (!finished || usage != Behaviour.Usage.OMITTED) {
            out.setLength(out.length() - 1);
            out.append(",\"usage\":");
            if (finished) {
                UsageJson.responses(out, usage, request.promptTokens, completionTokens());
            } else {
                out.append("null");
            }
            out.append('}');
        }
        return out;
    }

    private StringBuilder item(StringBuilder out, String status, boolean whole) {
        LlmRequest.ToolCall call = request.toolCall;
        if (call != null) {
            out.append("{\"id\":\"fc_").append(suffix).append("\",\"type\":\"function_call\",\"status\":\"");
            out.append(status).append("\",\"arguments\":");
            Json.quote(out, whole ? request.text.whole() : "")
                    .append(",\"call_id\":\"call_")
                    .append(suffix);
            return Json.quote(out.append("\",\"name\":"), call.name()).append('}');
        }
        out.append("{\"id\":\"msg_")
                .append(suffix)
                .append("\",\"type\":\"message\",\"status\":\"")
                .append(status);
        out.append("\",\"content\":[");
        if (whole) {
            part(out, request.text.whole());
        }
        return out.append("],\"role\":\"assistant\"}");
    }

    private static StringBuilder part(StringBuilder out, String text) {
        Json.quote(out.append("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":"), text);
        return out.append('}');
    }

    @Override
    public Buffer body() {
        return Buffer.buffer(
                object(new StringBuilder(1500), finalStatus(), true).toString());
    }

    @Override
    public int events() {
        // text done, part done, item done, completed; arguments done, item done, completed
        return before + pieces + (request.toolCall == null ? 4 : 3);
    }

    @Override
    public Buffer event(int index) {
        int mcpEvents = 4 * mcpItems.size();
        if (index < 2) {
            StringBuilder out = open(index == 0 ? "response.created" : "response.in_progress", index, 1500);
            return close(object(out.append(",\"response\":"), "in_progress", false));
        }
        if (index < 2 + mcpEvents) {
            return mcpEvent(index, (index - 2) / 4, (index - 2) % 4);
        }
        int output = mcpItems.size();
        LlmRequest.ToolCall call = request.toolCall;
        int at = index - 2 - mcpEvents;
        if (at == 0) {
            StringBuilder out = open("response.output_item.added", index, 300);
            out.append(",\"output_index\":").append(output).append(",\"item\":");
            return close(item(out, "in_progress", false));
        }
        if (index < before) {
            StringBuilder out = open("response.content_part.added", index, 300);
            return close(part(place(out, output).append(",\"part\":"), ""));
        }
        int piece = index - before;
        if (piece < pieces) {
            StringBuilder out = open(
                    call == null ? "response.output_text.delta" : "response.function_call_arguments.delta", index, 256);
            Json.quote(place(out, output).append(",\"delta\":"), request.text.piece(piece));
            return close(call == null ? out.append(",\"logprobs\":[]") : out);
        }
        int left = events() - index;
        if (left == 1) {
            StringBuilder out = open(incomplete() ? "response.incomplete" : "response.completed", index, 1500);
            return close(object(out.append(",\"response\":"), finalStatus(), true));
        }
        if (left == 2) {
            StringBuilder out = open("response.output_item.done", index, 300);
            out.append(",\"output_index\":").append(output).append(",\"item\":");
            return close(item(out, finalStatus(), true));
        }
        if (call != null) {
            StringBuilder out = open("response.function_call_arguments.done", index, 256);
            Json.quote(place(out, output).append(",\"name\":"), call.name()).append(",\"arguments\":");
            return close(Json.quote(out, request.text.whole()));
        }
        if (left == 3) {
            StringBuilder out = open("response.content_part.done", index, 300);
            return close(part(place(out, output).append(",\"part\":"), request.text.whole()));
        }
        StringBuilder out = open("response.output_text.done", index, 300);
        Json.quote(place(out, output).append(",\"text\":"), request.text.whole());
        return close(out.append(",\"logprobs\":[]"));
    }

    private Buffer mcpEvent(int index, int output, int step) {
        String type = switch (step) {
            case 0 -> "response.output_item.added";
            case 1 -> "response.mcp_list_tools.in_progress";
            case 2 -> "response.mcp_list_tools.completed";
            default -> "response.output_item.done";
        };
        StringBuilder out = open(type, index, 300).append(",\"output_index\":").append(output);
        if (step == 0 || step == 3) {
            out.append(",\"item\":").append(mcpItems.get(output));
        } else {
            out.append(",\"item_id\":\"mcpl_").append(suffix).append(output).append('"');
        }
        return close(out);
    }

    private StringBuilder place(StringBuilder out, int output) {
        out.append(",\"item_id\":\"")
                .append(request.toolCall == null ? "msg_" : "fc_")
                .append(suffix);
        out.append("\",\"output_index\":").append(output);
        return request.toolCall == null ? out.append(",\"content_index\":0") : out;
    }

    private static StringBuilder open(String type, int sequence, int size) {
        return new StringBuilder(size)
                .append("event: ")
                .append(type)
                .append("\ndata: {\"type\":\"")
                .append(type)
                .append("\",\"sequence_number\":")
                .append(sequence);
    }

    private static Buffer close(StringBuilder out) {
        return Buffer.buffer(out.append("}\n\n").toString());
    }

    @Override
    public long completionTokens(int events) {
        return Math.max(0, Math.min(pieces, events - before));
    }

    @Override
    public long completionTokens() {
        return pieces;
    }

    /** What {@code DELETE} answers. */
    static String deleted(@Nullable String id) {
        return "{\"id\":" + Json.quoted(id == null ? "" : id) + ",\"object\":\"response\",\"deleted\":true}";
    }
}
