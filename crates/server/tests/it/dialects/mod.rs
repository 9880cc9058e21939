mod webmethods;
