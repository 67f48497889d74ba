package io.gatehouse.bench;

/** The requests and answers of the benchmark. */
final class Chat {
    static final String KEY = "bench-key";
    /** What every peer takes: a key for key-auth, and one as the AI gateways want it. */
    static final String HEADERS =
            "Content-Type: application/json\r\napikey: " + KEY + "\r\nAuthorization: Bearer " + KEY + "\r\n";

    static final String JSON =
            "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello there, how are you\"}]}";
    static final String STREAMED =
            "{\"stream\":true,\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    /** 900 bytes. */
    static final String ANSWER = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
            + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            + "\"content\":\"" + "word ".repeat(125) + "\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":125,\"total_tokens\":135}}";

    static final String USAGE =
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                    + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[],\"usage\":"
                    + "{\"prompt_tokens\":10,\"completion_tokens\":99,\"total_tokens\":109}}\n\n";
    static final String DONE = "data: [DONE]\n\n";

    private Chat() {}

    static String event(String content) {
        return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + content
                + "\"},\"finish_reason\":null}]}\n\n";
    }

    /** 100 events in one body: 99 with content and one with usage, and the end mark. */
    static String hundredEvents() {
        return event("word ").repeat(99) + USAGE + DONE;
    }
}
