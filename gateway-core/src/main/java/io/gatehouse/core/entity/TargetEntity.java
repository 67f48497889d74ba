package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Range;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;

/**
 * One of the servers of an upstream.
 *
 * @param target host and port; IPv6 in brackets and at full length
 * @param weight its share; 0 gets nothing
 */
@Doc("One of the servers of an upstream.")
@NotBuilt(value = "failover", defaults = "failover=false")
public record TargetEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The upstream.") @ForeignKey(EntityKind.UPSTREAM) @Name("upstream")
        String upstreamId,

        @Doc("Host or address, and port; 8000 when there is none.")
        String target,

        @Doc("Its share; 0 gets nothing.") @Default("100") @Range(min = 0, max = 65535)
        int weight,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static ConfigNode.Mapping prepare(ConfigNode.Mapping target, Preparation preparation) {
        if (target.get("target") instanceof ConfigNode.Scalar text
                && text.type() == ConfigNode.Type.STRING
                && !text.unresolved()
                && Checks.target(text.text()) == null) {
            return target.with("target", text.withText(normal(text.text())));
        }
        return target;
    }

    /** A target as it is kept, whatever its spelling: with its port, and an address at full length. */
    public static String normal(String target) {
        return Checks.target(target) == null ? Checks.withPort(target) : target;
    }

    static void check(TargetEntity target, Report report) {
        report.each("target", Checks::target);
    }
}
