"""The GraphQL face: thin fields over the use cases, in the words of the documents. No policy, no queries."""
