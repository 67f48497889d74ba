package io.gatehouse.bench;

/** What the gateway does with requests beside sending them on; other peers have one way. */
enum Chain {
    /** Nothing. */
    NONE,
    /** key-auth, ai-proxy-advanced, prometheus and file-log. */
    LLM,
    /** The same, and ten everyday plugins. */
    EVERYDAY
}
