package io.gatehouse.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the simulator needs to know of a request body: read once, from the tree.
 *
 * <p>The rules for text and tokens stand on {@link LlmSimulator}.
 */
final class LlmRequest {
    private static final int ECHOED_WORDS = 12;

    enum Operation {
        CHAT,
        COMPLETIONS,
        EMBEDDINGS,
        RESPONSES
    }

    /** A function call that the answer makes. */
    record ToolCall(String name, String arguments) {}

    final Operation operation;
    final ObjectNode tree;
    final String model;
    final boolean stream;
    final boolean includeUsage;
    final int promptTokens;
    /** How many texts are asked for: {@code n}, for each prompt. */
    final int choices;

    final Text text;
    final boolean limited;
    final @Nullable ToolCall toolCall;
    /** The inputs to embed. */
    final List<JsonNode> inputs;

    /**
     * Reads a request from its tree, as {@link #tree} gives it.
     *
     * @throws ApiError what to answer if the body is not such a request
     */
    LlmRequest(Operation operation, ObjectNode tree, Behaviour behaviour) throws ApiError {
        this.operation = operation;
        this.tree = tree;
        this.model = tree.path("model").asText();
        this.stream = operation != Operation.EMBEDDINGS && bool(tree, "stream");
        JsonNode options = tree.path("stream_options");
        this.includeUsage = options.isObject() && bool((ObjectNode) options, "include_usage");
        this.inputs = operation == Operation.EMBEDDINGS ? inputs(tree) : List.of();

        Prompt prompt = new Prompt();
        switch (operation) {
            case CHAT -> prompt.messages(tree, "messages");
            case COMPLETIONS -> prompt.prompts(tree.path("prompt"));
            case RESPONSES -> {
                prompt.add(tree.path("instructions"), false);
                if (tree.path("input").isTextual()) {
                    prompt.lastIsUser = true;
                    prompt.add(tree.path("input"), true);
                } else {
                    prompt.messages(tree, "input");
                }
            }
            case EMBEDDINGS -> {
                for (JsonNode input : inputs) {
                    prompt.add(input, false);
                }
            }
        }
        this.promptTokens = Math.max(1, prompt.words);
        int n = number(tree, "n", 1, 1, 128);
        this.choices = switch (operation) {
            case CHAT -> n;
            case COMPLETIONS -> n * Math.max(1, prompt.prompts);
            default -> 1;
        };

        this.toolCall = operation == Operation.CHAT || operation == Operation.RESPONSES ? toolCall(tree, prompt) : null;
        int limit = limit(tree, operation);
        Text whole;
        if (toolCall != null) {
            whole = Text.literal(toolCall.arguments());
        } else if (behaviour.bodySize != null) {
            whole = Text.sized(behaviour.bodySize);
        } else if (behaviour.events != null) {
            whole = Text.filler(behaviour.events);
        } else {
            JsonNode format =
                    operation == Operation.RESPONSES ? tree.path("text").path("format") : tree.path("response_format");
            whole = switch (format.path("type").asText("")) {
                case "json_object" -> Text.literal("{\"answer\":\"simulated\"}");
                case "json_schema" ->
                    Text.literal(Json.sample(
                            format.has("schema")
                                    ? format.get("schema")
                                    : format.path("json_schema").path("schema")));
                default -> echo(prompt.lastUserText);
            };
        }
        this.text = toolCall == null ? whole.limited(limit) : whole;
        this.limited = this.text.pieces() < whole.pieces();
    }

    /** Checks that the body names a model and has the member that the operation lives on. */
    static void check(ObjectNode tree, Operation operation) throws ApiError {
        JsonNode model = tree.path("model");
        if (!model.isTextual() || model.asText().isEmpty()) {
            throw ApiError.badRequest("you must provide a model parameter", "model", null);
        }
        String needed = switch (operation) {
            case CHAT -> "messages";
            case COMPLETIONS -> "prompt";
            case EMBEDDINGS -> "input";
            case RESPONSES -> null;
        };
        if (needed != null && (!tree.has(needed) || tree.get(needed).isNull())) {
            throw ApiError.badRequest(
                    "Missing required parameter: '" + needed + "'.", needed, "missing_required_parameter");
        }
        if (operation == Operation.CHAT && tree.path("messages").isEmpty()) {
            throw ApiError.badRequest(
                    "Invalid 'messages': expected an array with at least one message.", "messages", "empty_array");
        }
    }

    /** The body, which must be a JSON object. */
    static ObjectNode tree(byte[] body) throws ApiError {
        try {
            JsonNode node = Json.MAPPER.readTree(body);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw ApiError.badRequest("The request body is not a JSON object.", null, null);
        } catch (JsonProcessingException e) {
            throw ApiError.badRequest("The JSON of the request body could not be parsed.", null, null);
        } catch (IOException e) {
            throw ApiError.badRequest("The request body could not be read as text.", null, null);
        }
    }

    private static Text echo(String lastUserText) {
        List<String> words = new ArrayList<>(ECHOED_WORDS + 3);
        words.add("Simulated");
        words.add("answer");
        words.add("to:");
        int length = lastUserText.length();
        int i = 0;
        while (i < length && words.size() < ECHOED_WORDS + 3) {
            while (i < length && Character.isWhitespace(lastUserText.charAt(i))) {
                i++;
            }
            int start = i;
            while (i < length && !Character.isWhitespace(lastUserText.charAt(i))) {
                i++;
            }
            if (i > start) {
                words.add(lastUserText.substring(start, i));
            }
        }
        return Text.words(words);
    }

    private static @Nullable ToolCall toolCall(ObjectNode tree, Prompt prompt) {
        JsonNode choice = tree.path("tool_choice");
        String named =
                choice.path("function").path("name").asText(choice.path("name").asText(""));
        String mode = choice.asText("");
        if (mode.equals("none")) {
            return null;
        }
        boolean wanted = !named.isEmpty()
                || mode.equals("required")
                || mode.equals("any")
                || (prompt.lastIsUser && prompt.lastUserText.contains("call the tool"));
        if (!wanted) {
            return null;
        }
        for (JsonNode tool : tree.path("tools")) {
            if (!tool.path("type").asText("function").equals("function")) {
                continue;
            }
            // chat nests the function's description, responses does not
            JsonNode function = tool.has("function") ? tool.get("function") : tool;
            String name = function.path("name").asText("");
            if (!name.isEmpty() && (named.isEmpty() || named.equals(name))) {
                JsonNode parameters = function.path("parameters");
                return new ToolCall(name, parameters.isObject() ? Json.sample(parameters) : "{}");
            }
        }
        return null;
    }

    private static int limit(ObjectNode tree, Operation operation) throws ApiError {
        int unlimited = Integer.MAX_VALUE;
        return switch (operation) {
            case RESPONSES -> number(tree, "max_output_tokens", unlimited, 1, unlimited);
            case CHAT ->
                number(
                        tree,
                        "max_completion_tokens",
                        number(tree, "max_tokens", unlimited, 1, unlimited),
                        1,
                        unlimited);
            default -> number(tree, "max_tokens", unlimited, 1, unlimited);
        };
    }

    private static List<JsonNode> inputs(ObjectNode tree) {
        JsonNode input = tree.path("input");
        if (!input.isArray() || (!input.isEmpty() && input.get(0).isNumber())) {
            return List.of(input);
        }
        List<JsonNode> all = new ArrayList<>(input.size());
        input.forEach(all::add);
        return all;
    }

    private static boolean bool(ObjectNode tree, String name) throws ApiError {
        JsonNode value = tree.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw ApiError.badRequest("Invalid type for '" + name + "': expected a boolean.", name, "invalid_type");
        }
        return value.booleanValue();
    }

    static int number(ObjectNode tree, String name, int absent, int min, int max) throws ApiError {
        JsonNode value = tree.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
            throw ApiError.badRequest(
                    "Invalid value for '" + name + "': expected a whole number of " + min + " to " + max + ".",
                    name,
                    "invalid_type");
        }
        return value.intValue();
    }

    /** Counts words, and finds what the user said last. */
    private static final class Prompt {
        int words;
        int prompts;
        String lastUserText = "";
        boolean lastIsUser;

        void messages(ObjectNode tree, String name) throws ApiError {
            JsonNode messages = tree.path(name);
            if (messages.isMissingNode() || messages.isNull()) {
                return;
            }
            if (!messages.isArray()) {
                throw ApiError.badRequest("Invalid type for '" + name + "': expected an array.", name, "invalid_type");
            }
            for (JsonNode message : messages) {
                if (!message.isObject()) {
                    throw ApiError.badRequest(
                            "Invalid type for '" + name + "': expected an array of objects.", name, "invalid_type");
                }
                lastIsUser = message.path("role").asText("").equals("user");
                JsonNode content = message.path("content");
                add(content.isMissingNode() ? message.path("output") : content, lastIsUser);
            }
        }

        void prompts(JsonNode prompt) {
            if (prompt.isArray() && !prompt.isEmpty() && !prompt.get(0).isNumber()) {
                prompt.forEach(one -> add(one, true));
                prompts = prompt.size();
            } else {
                add(prompt, true);
                prompts = 1;
            }
        }

        void add(JsonNode content, boolean user) {
            if (content.isTextual()) {
                text(content.textValue(), user);
            } else if (content.isArray()) {
                for (JsonNode part : content) {
                    if (part.isNumber()) {
                        words++;
                    } else if (part.path("text").isTextual()) {
                        text(part.path("text").textValue(), user);
                    }
                }
            }
        }

        private void text(String text, boolean user) {
            words += count(text);
            if (user) {
                lastUserText = text;
            }
        }
    }

    /** The number of maximal runs of characters that are not white space. */
    static int count(String text) {
        int words = 0;
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            boolean space = Character.isWhitespace(text.charAt(i));
            if (!space && !inside) {
                words++;
            }
            inside = !space;
        }
        return words;
    }
}
