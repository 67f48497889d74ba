package io.gatehouse.plugins.transform.response;

import io.gatehouse.plugins.transform.Rule;
import io.vertx.core.MultiMap;

/** The rules for headers. Whether a header is there is asked once, before the first rule, as in Kong. Immutable. */
final class HeaderRules {
    private final Rule[] remove;
    private final Rule[] rename;
    private final Rule[] replace;
    private final Rule[] add;
    private final Rule[] append;

    HeaderRules(ResponseTransformerConfig config) {
        this.remove = Rule.all(config.remove().headers());
        this.rename = Rule.all(config.rename().headers());
        this.replace = Rule.all(config.replace().headers());
        this.add = Rule.all(config.add().headers());
        this.append = Rule.all(config.append().headers());
    }

    boolean isEmpty() {
        return remove.length + rename.length + replace.length + add.length + append.length == 0;
    }

    void apply(MultiMap headers) {
        MultiMap before = MultiMap.caseInsensitiveMultiMap().addAll(headers);
        for (Rule rule : remove) {
            headers.remove(rule.name());
        }
        for (Rule rule : rename) {
            if (before.contains(rule.name())) {
                headers.remove(rule.name());
                headers.set(rule.value(), before.getAll(rule.name()));
            }
        }
        for (Rule rule : replace) {
            if (rule.hasValue() && before.contains(rule.name())) {
                headers.set(rule.name(), rule.value());
            }
        }
        for (Rule rule : add) {
            if (rule.hasValue() && !before.contains(rule.name())) {
                headers.set(rule.name(), rule.value());
            }
        }
        for (Rule rule : append) {
            if (rule.hasValue()) {
                headers.add(rule.name(), rule.value());
            }
        }
    }
}
