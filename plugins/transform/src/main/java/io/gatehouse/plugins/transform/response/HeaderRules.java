package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.WireText;
import io.gatehouse.plugins.transform.Rule;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The rules for headers. Whether a header is there is asked once, before the first rule, as in Kong. Immutable. */
final class HeaderRules {
    private final Rule[] remove;
    private final Rule[] rename;
    private final Rule[] replace;
    private final Rule[] add;
    private final Rule[] append;
    private final boolean copies;

    HeaderRules(ResponseTransformerConfig config) {
        this.remove = Rule.all(config.remove().headers());
        this.rename = Rule.all(config.rename().headers());
        this.replace = encoded(config.replace().headers());
        this.add = encoded(config.add().headers());
        this.append = encoded(config.append().headers());
        this.copies = askAboutEachOther();
    }

    private static Rule[] encoded(List<String> entries) {
        return Rule.all(entries.stream().map(WireText::encode).toList());
    }

    /** Whether what a rule asks for may be what an earlier one has changed. */
    private boolean askAboutEachOther() {
        Set<String> changed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (Rule rule : remove) {
            changed.add(rule.name());
        }
        boolean asks = false;
        for (Rule rule : rename) {
            asks |= changed.contains(rule.name());
            changed.add(rule.name());
            changed.add(rule.value());
        }
        for (Rule[] rules : new Rule[][] {replace, add}) {
            for (Rule rule : rules) {
                asks |= !changed.add(rule.name());
            }
        }
        return asks;
    }

    void apply(MultiMap headers) {
        MultiMap before = copies ? MultiMap.caseInsensitiveMultiMap().addAll(headers) : headers;
        for (Rule rule : remove) {
            headers.remove(rule.name());
        }
        for (Rule rule : rename) {
            if (before.contains(rule.name())) {
                List<String> values = before.getAll(rule.name());
                headers.remove(rule.name());
                headers.set(rule.value(), values);
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
