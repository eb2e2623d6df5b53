autocmd BufRead,BufNewFile *.oal setfiletype oal
