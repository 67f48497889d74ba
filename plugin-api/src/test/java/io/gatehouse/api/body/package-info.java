/** Tests of bodies; the fakes here run everything on the test's thread. */
@NullMarked
package io.gatehouse.api.body;

import org.jspecify.annotations.NullMarked;
