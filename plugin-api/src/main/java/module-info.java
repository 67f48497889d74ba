/** The plugin API of Gatehouse. */
module io.gatehouse.api {
    requires static transitive org.jspecify;
    requires transitive io.vertx.core;
    requires org.slf4j;

    exports io.gatehouse.api;
    exports io.gatehouse.api.ai;
    exports io.gatehouse.api.body;
    exports io.gatehouse.api.config;
    exports io.gatehouse.api.json;
}
