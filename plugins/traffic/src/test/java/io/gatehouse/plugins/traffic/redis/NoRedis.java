package io.gatehouse.plugins.traffic.redis;

import io.gatehouse.simulator.ServerScript;

/** What stands at the port of a Redis and is none. */
public final class NoRedis {
    private NoRedis() {}

    /**
     * What a server does that is none.
     *
     * @param fault {@code silent}, {@code garbage} or {@code resetting}
     */
    public static ServerScript script(String fault) {
        return switch (fault) {
            case "silent" -> ServerScript.silent();
            case "garbage" ->
                ServerScript.builder()
                        .send("HTTP/1.1 400 Bad Request\r\n\r\n")
                        .hang()
                        .build();
            default -> ServerScript.resetting();
        };
    }
}
