"""The same work by other means, as scripts that take DATA OUT and print what they counted."""
