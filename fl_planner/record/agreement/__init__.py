"""The record of `agree`: each case, each quantity over cases, each limit, and the consensus."""
