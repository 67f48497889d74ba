package io.gatehouse.simulator;

import java.util.List;
import java.util.Map;

/** Which dated model answers for a model's short name. */
final class Models {
    private static final Map<String, String> DATED = Map.ofEntries(
            Map.entry("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
            Map.entry("gpt-4", "gpt-4-0613"),
            Map.entry("gpt-4-turbo", "gpt-4-turbo-2024-04-09"),
            Map.entry("gpt-4o", "gpt-4o-2024-08-06"),
            Map.entry("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
            Map.entry("gpt-4.1", "gpt-4.1-2025-04-14"),
            Map.entry("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"),
            Map.entry("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"),
            Map.entry("gpt-5", "gpt-5-2025-08-07"),
            Map.entry("gpt-5-mini", "gpt-5-mini-2025-08-07"),
            Map.entry("gpt-5-nano", "gpt-5-nano-2025-08-07"),
            Map.entry("o1", "o1-2024-12-17"),
            Map.entry("o3", "o3-2025-04-16"),
            Map.entry("o3-mini", "o3-mini-2025-01-31"),
            Map.entry("o4-mini", "o4-mini-2025-04-16"));

    private static final List<String> LISTED = List.of(
            "gpt-3.5-turbo",
            "gpt-4",
            "gpt-4.1",
            "gpt-4.1-mini",
            "gpt-4o",
            "gpt-4o-mini",
            "mistral-tiny",
            "text-embedding-3-large",
            "text-embedding-3-small");

    private static final long CREATED = 1_735_689_600L;
    private static final String LIST = list();

    private Models() {}

    /** The model that the answer names. */
    static String answering(String asked) {
        return DATED.getOrDefault(asked, asked);
    }

    /** The body of {@code GET /v1/models}. */
    static String listJson() {
        return LIST;
    }

    /** The body of {@code GET /v1/models/ID}; any id is known. */
    static String json(String id) {
        return "{\"id\":" + Json.quoted(id) + ",\"object\":\"model\",\"created\":" + CREATED
                + ",\"owned_by\":\"simulator\"}";
    }

    private static String list() {
        StringBuilder out = new StringBuilder("{\"object\":\"list\",\"data\":[");
        for (String id : LISTED) {
            out.append(id.equals(LISTED.get(0)) ? "" : ",").append(json(id));
        }
        return out.append("]}").toString();
    }
}
