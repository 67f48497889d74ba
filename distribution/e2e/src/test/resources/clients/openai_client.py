"""What a user of OpenAI's SDK does; only base_url says that there is a gateway."""
import json
import sys

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="client-key", max_retries=0, timeout=30)
messages = [{"role": "user", "content": "one two three"}]
result = {}

chat = client.chat.completions.create(model="gpt-4o", messages=messages)
result["chat"] = chat.choices[0].message.content
result["chat_tokens"] = chat.usage.total_tokens

text, usage, chunks = "", None, 0
for chunk in client.chat.completions.create(
    model="gpt-4o", messages=messages, stream=True, stream_options={"include_usage": True}
):
    chunks += 1
    if chunk.choices and chunk.choices[0].delta.content:
        text += chunk.choices[0].delta.content
    if chunk.usage:
        usage = chunk.usage.total_tokens
result.update(stream=text, stream_tokens=usage, chunks=chunks)

tool = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
call = client.chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": "call the tool"}], tools=[tool]
)
asked = call.choices[0].message.tool_calls[0]
result["tool"] = asked.function.name
result["arguments"] = sorted(json.loads(asked.function.arguments))
after = client.chat.completions.create(
    model="gpt-4o",
    tools=[tool],
    messages=[
        {"role": "user", "content": "call the tool"},
        call.choices[0].message,
        {"role": "tool", "tool_call_id": asked.id, "content": "sunny"},
    ],
)
result["after_tool"] = after.choices[0].finish_reason

response = client.responses.create(model="gpt-4o", input="one two three")
result["response"] = response.output_text
result["response_tokens"] = response.usage.total_tokens
again = client.responses.retrieve(response.id)
result["retrieved"] = again.id == response.id
text = ""
for event in client.responses.create(model="gpt-4o", input="one two three", stream=True):
    if event.type == "response.output_text.delta":
        text += event.delta
    last = event.type
result["response_stream"] = text
result["last_event"] = last

json.dump(result, sys.stdout)
